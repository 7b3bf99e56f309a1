-- A scheduler that heals itself: a job whose context dies is given to another, and
-- the context is replaced.
--
--   mitoscript run scripts/examples/heal.lua [JOBS]
--
-- The jobs here are a stand-in for work: every fourth kills its process at the first
-- attempt. One Select waits for results and for deaths alike.

local workers = 3
local attempts = 3 -- of a job

local function job(number, attempt_number)
  if number % 4 == 0 and attempt_number == 1 then
    proc.kill(os.getpid(), "KILL")
    time.sleep(60)
  end
  return number * number
end

function main(router, args)
  local jobs = tonumber(args[1] or 12)
  local waiting, idle, doing = {}, {}, {}
  for n = 1, jobs do waiting[n] = {number = n, attempt = 1} end
  for i = 1, workers do idle[i] = router:fork{name = "worker" .. i} end
  local running = Select() -- oneshot: a call is a member until it has given its result
  local done, sum, replaced = 0, 0, 0

  while #waiting > 0 or #running > 0 do
    while #waiting > 0 and #idle > 0 do
      local worker, task = table.remove(idle), table.remove(waiting, 1)
      local call = worker:call_async(job, task.number, task.attempt)
      doing[call.handle] = {worker = worker, task = task}
      running:add(call)
    end
    local msg = running:get()
    local call = msg.receiver.handle
    local worker, task = doing[call].worker, doing[call].task
    doing[call] = nil
    local ok, result = pcall(msg.unpickle, msg)
    if ok then
      done, sum = done + 1, sum + result
      idle[#idle + 1] = worker
    elseif result.kind ~= "ChannelError" or task.attempt == attempts then
      error(("job %d: %s"):format(task.number, result.message))
    else
      replaced = replaced + 1
      log.warning("a worker died", {worker = worker.name, job = task.number})
      idle[#idle + 1] = router:fork{name = worker.name:match("^[^+]+") .. "+" .. replaced}
      waiting[#waiting + 1] = {number = task.number, attempt = task.attempt + 1}
    end
  end

  print(("%d of %d jobs done, %d workers replaced"):format(done, jobs, replaced))
  print("sum: " .. sum)
end
