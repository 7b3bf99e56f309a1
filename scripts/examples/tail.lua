-- Follows a log file on many hosts at once, as "tail -F" does on one.
--
--   mitoscript run scripts/examples/tail.lua [--lines=N] FILE [HOST…]
--
-- Ctrl-C ends it, and the programs on the hosts; --lines=N ends it after N lines.
-- %h in FILE stands for the host's name. Without hosts: three stand-ins here.

local hosts = require "lib.hosts"

function main(router, args)
  local limit = args[1] and tonumber(args[1]:match("^%-%-lines=(%d+)$"))
  if limit then args = hosts.after(args, 1) end
  if #args == 0 then
    print("usage: tail.lua [--lines=N] FILE [HOST…]")
    return 2
  end

  -- Each host's program writes to a Sender; all Receivers are in one Select.
  -- oneshot = false: a member stays when it has given a message.
  local sources, calls, lines = {}, {}, Select({}, {oneshot = false})
  for _, host in ipairs(hosts.connect(hosts.after(args, 1))) do
    local rx = Receiver(router, {respondent = host})
    sources[rx.handle] = host.name
    lines:add(rx)
    local command = {"tail", "-n", "2", "-F", hosts.fill(args[1], host.name)}
    calls[#calls + 1] = host:call_async(proc.run, command, mitogen.kwargs{on_line = rx:to_sender(), capture = false})
  end

  local seen = 0
  while #lines > 0 and seen ~= limit do
    local msg = lines:get()
    local name = sources[msg.receiver.handle]
    if msg.is_dead then -- dropped from the Select; the others go on
      print(name .. ": gone")
    else
      local stream, line = msg:unpickle()
      if stream == "stdout" then
        print(name .. ": " .. line)
        seen = seen + 1
      end
    end
  end
  for _, call in ipairs(calls) do call:cancel() end
end
