-- hello.lua: ships functions of this script to contexts on this machine, calls
-- them there, and gathers what they give. No server, no root, no network.

local greeting = "hello"

local function shout(text)
  return text:upper() .. "!"
end

-- Runs in a child: it brings along shout and greeting, which it refers to.
function greet(name, times)
  print("greeting", name)
  local said = {}
  for i = 1, times or 1 do said[i] = shout(greeting .. ", " .. name) end
  return table.concat(said, " ")
end

function work(seconds, label)
  time.sleep(seconds)
  return label
end

function divide(a, b)
  if b == 0 then error("division by zero") end
  return a / b
end

function ratio(a, b)
  local r = divide(a, b)
  return r
end

function main(router)
  -- Two fresh copies of this program, and the fastest local child.
  local alice = router:local_{name = "alice"}
  local bob = router:local_{name = "bob"}
  local spare = router:fork{name = "spare"}

  -- A function of this script, with arguments, in a child.
  print(alice:call(greet, "world"))
  print(bob:call(greet, "again", 2))

  -- Side by side: results come as they are ready, not as they were asked for.
  local calls = {
    alice:call_async(work, 0.3, "slow"),
    bob:call_async(work, 0.1, "quick"),
    spare:call_async(work, 0.2, "middling"),
  }
  for _, result in ipairs(Select.all(calls)) do
    print("done:", result)
  end

  -- Functions of the library run there too.
  local pids, different = {}, true
  for i, c in ipairs({alice, bob, spare}) do
    pids[i] = c:call(os.getpid)
    different = different and pids[i] ~= os.getpid() and pids[i] ~= pids[i - 1]
  end
  print("three processes:", different)

  -- A call that fails tells where: here, and there.
  local ok, err = pcall(alice.call, alice, ratio, 1, 0)
  print("failed:", err.kind .. " in " .. err.context .. " - " .. err.message)
  for _, line in ipairs(err.cause.traceback) do
    print("   ", line)
  end
end
