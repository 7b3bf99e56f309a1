CONFIG = {log = t.counter(1)}

function helper()
  return CONFIG["log"]
end

function uptime()
  return helper()
end

local _, e = pcall(t.remote, uptime)
local what, place = e.message:match("^(.-) %((.*)$")
t.record(what)
t.record(place == "ship_refused.lua:1)")
