local log = {}

local function f(x)
  log[#log + 1] = x
  return #log
end

t.record(t.remote(f, 1))
t.record(t.remote(f, 2))
t.record(#log)
log[1] = 0
t.record(t.remote(f, 3))
