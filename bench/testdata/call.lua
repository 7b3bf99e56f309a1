-- call.lua N noop|builtin: times N calls, one after the other.

local function noop() end

local function timed(context, fn, n)
  local took = {}
  for i = 1, n do
    local start = time.monotonic()
    context:call(fn)
    took[i] = time.monotonic() - start
  end
  table.sort(took)
  return took
end

function main(router, args)
  local n = tonumber(args[1])
  local fn = os.getpid
  if args[2] == "noop" then fn = noop end
  local context = router:local_()
  timed(context, fn, 200)
  local took = timed(context, fn, n)
  print("median", took[math.floor(n / 2) + 1] * 1e6)
  print("p99", took[math.floor(n * 0.99) + 1] * 1e6)
end
