-- Streams the dump of a database from a host into a file here.
--
--   mitoscript run scripts/examples/dump.lua FILE COMMAND [HOST]
--   mitoscript run scripts/examples/dump.lua shop.sql 'pg_dump shop' db1
--
-- Nothing is stored on the host, and neither side holds more of the dump in memory
-- than a few pieces: the host waits when this side is slow. Whatever prints lines
-- will do for COMMAND. Without a host: a stand-in on this machine.

local hosts = require "lib.hosts"

local piece = 2^16 -- bytes, about
local ahead = 4    -- pieces that may be on their way

-- On the host: there is the master's end. Sends pieces; a message back allows one more.
local function send(command, there)
  local ch = Channel(router, there.context, there.dst_handle)
  ch:put(ch:to_sender())
  local program = proc.start(command)
  local lines, size, sent, total = {}, 0, 0, 0
  for line in program:lines() do
    lines[#lines + 1] = line .. "\n"
    size = size + #line + 1
    if size >= piece then
      if sent >= ahead then ch:get() end
      ch:put(table.concat(lines))
      total = total + size
      lines, size, sent = {}, 0, sent + 1
    end
  end
  ch:put(table.concat(lines))
  ch:put(mitogen.null)
  local result = program:wait()
  if result.code ~= 0 then
    error(("%s ended with status %d: %s"):format(command, result.code, result.stderr))
  end
  return total + size
end

function main(router, args)
  if #args < 2 then
    print("usage: dump.lua FILE COMMAND [HOST]")
    return 2
  end
  local host = hosts.connect({args[3]}, 1)[1]
  local ch = Channel(router, host)
  local done = host:call_async(send, args[2], ch:to_sender())
  ch.dst_handle = ch:get{timeout = 30}:unpickle().dst_handle

  local partial = args[1] .. ".partial"
  fs.write(partial, "")
  for msg in ch do
    local part = msg:unpickle()
    if part == nil then break end
    fs.append(partial, part)
    ch:put(true)
  end
  local ok, total = pcall(done.get_data, done)
  local size = fs.stat(partial).size
  if not ok or total ~= size then
    fs.remove(partial)
    error(ok and ("%d bytes of %d arrived"):format(size, total) or total)
  end
  fs.rename(partial, args[1])
  print(("%s: %d bytes from %s"):format(args[1], size, host.name))
end
