-- A work queue: runs commands, a line of stdin each, on whichever host is free.
--
--   seq 20 | sed 's/.*/factor &/' | mitoscript run scripts/examples/queue.lua [HOST…]
--
-- Fast hosts get more of the work. Output comes as commands end. The status is 1 if
-- one failed. Without hosts: three stand-ins on this machine.

local hosts = require "lib.hosts"

-- On a host: asks for a command, runs it, sends what came of it with the next
-- request; null ends it. Its own Receiver travels as a Sender.
local function serve(master)
  local inbox, result = Receiver(router), nil
  while true do
    master:put({worker = inbox:to_sender(), result = result})
    local command = inbox:get_data()
    if command == nil then return end
    local r = proc.run(command, {check = false})
    result = {command = command, code = r.code, output = r.stdout .. r.stderr}
  end
end

function main(router, args)
  local requests, commands = Receiver(router), {}
  for _, line in ipairs(stdio.lines()) do
    if line:find("%S") then commands[#commands + 1] = line end
  end
  local fleet, serving = hosts.connect(args), {}
  for i, h in ipairs(fleet) do serving[i] = h:call_async(serve, requests:to_sender()) end
  local busy, failed = #fleet, 0
  while busy > 0 do
    local request = requests:get_data()
    local r = request.result
    if r then
      stdio.write(r.output)
      if r.code ~= 0 then
        print(("%s: status %d on %s"):format(r.command, r.code, request.worker.context.name))
        failed = failed + 1
      end
    end
    local command = table.remove(commands, 1)
    request.worker:put(command or mitogen.null)
    if not command then busy = busy - 1 end
  end
  for _, call in ipairs(serving) do call:get_data() end
  return failed > 0 and 1 or 0
end
