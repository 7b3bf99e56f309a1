local l = {}
local data = {a = l, b = l}
data.me = data

t.record(t.remote(function()
  table.insert(data.me.a, 1)
  return #data.b
end))
-- Lua counts arguments from 1.
local _, e = pcall(t.remote, function(x) return x end, data)
t.record((e.message:match("^[^:]*"):gsub("args%[1%]", "args[0]")))
