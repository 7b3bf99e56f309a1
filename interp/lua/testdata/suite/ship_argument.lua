local function double(x) return 2 * x end
local function apply(fn, x) return fn(x) end

t.record(t.remote(apply, double, 4))
t.record(t.remote(t.call, double, 5))
