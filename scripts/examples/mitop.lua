-- top, over many hosts: load, memory, and the busiest processes of all of them.
--
--   mitoscript run scripts/examples/mitop.lua [--once] [HOST…]
--
-- Draws anew every two seconds until Ctrl-C; one frame with --once, and where
-- stdout is no terminal. Without hosts: three stand-ins on this machine.

local hosts = require "lib.hosts"
local columns = require "lib.table"

local interval = 2.0
local rows_shown = 15

-- The busiest first.
local function sort(busy)
  table.sort(busy, function(a, b) return a.share > b.share end)
  local first = {}
  for i = 1, math.min(rows_shown, #busy) do first[i] = busy[i] end
  return first
end

-- On a host: what has changed since the last sample, which mitogen.state keeps.
local function sample()
  local now, last = time.monotonic(), mitogen.state.last or {}
  local seconds = now - (mitogen.state.at or now)
  local used, busy = {}, {}
  for i, p in ipairs(proc.list()) do
    used[p.pid] = p.cpu_seconds
    local share = seconds > 0 and 100 * (p.cpu_seconds - (last[p.pid] or p.cpu_seconds)) / seconds or 0
    local command = #p.cmdline > 0 and table.concat(p.cmdline, " ") or "[" .. p.name .. "]"
    busy[i] = {share = share, rss = p.rss, pid = p.pid, user = p.user, command = command}
  end
  mitogen.state.last, mitogen.state.at = used, now
  local memory = os.memory()
  return {load = os.load_average(), used = memory.used, total = memory.total, processes = #busy, top = sort(busy)}
end

local function gib(n) return ("%.1f"):format(n / 2^30) end

local function frame(results)
  local summary, busy = {{"HOST", "LOAD", "MEMORY", "PROCESSES"}}, {}
  for _, r in ipairs(results) do
    local name, s = r.context.name, r.value
    if r.ok then
      summary[#summary + 1] = {name, ("%.1f %.1f %.1f"):format(unpack(s.load)), gib(s.used) .. " of " .. gib(s.total) .. " GiB", s.processes}
      for _, p in ipairs(s.top) do
        p.host = name
        busy[#busy + 1] = p
      end
    else
      summary[#summary + 1] = {name, r.error.kind, "", ""}
    end
  end
  local rows = {{"%CPU", "HOST", "PID", "USER", "GIB", "COMMAND"}}
  for _, p in ipairs(sort(busy)) do
    rows[#rows + 1] = {("%.1f"):format(p.share), p.host, p.pid, p.user, gib(p.rss), p.command:sub(1, 60)}
  end
  return columns(summary) .. "\n\n" .. columns(rows) .. "\n"
end

local function on_terminal()
  local ok, device = pcall(fs.readlink, "/proc/self/fd/1")
  return ok and (device:find("^/dev/pts/") or device:find("^/dev/tty"))
end

function main(router, args)
  local once = args[1] == "--once"
  local fleet = hosts.connect(hosts.after(args, once and 1 or 0))
  local live = on_terminal() and not once
  mitogen.pmap(sample, fleet, mitogen.kwargs{timeout = 10})
  while true do
    time.sleep(live and interval or 0.2)
    local text = frame(mitogen.pmap(sample, fleet, mitogen.kwargs{timeout = 10}))
    if not live then
      stdio.write(text)
      return
    end
    stdio.write("\27[H\27[2J" .. text)
  end
end
