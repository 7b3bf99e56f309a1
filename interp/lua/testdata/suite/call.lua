local function add(a, b) return a + b end

t.record(t.call(add, 1, 2), t.aside(add, 1, 2))
local log = {}
t.aside(function(x) log[#log + 1] = x end, "aside")
t.record(log)
