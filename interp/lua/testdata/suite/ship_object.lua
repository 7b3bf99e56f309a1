local p = t.point(7, 3)

t.record(t.remote(function() return p.x + p:add(1) end))
local c = t.counter(1)
local _, e = pcall(t.remote, function() return c end)
t.record(e.kind)
