local p = t.point(1, 2)
p.x = 5
t.record(p:add(3), p.id, p.x)
t.record(p == t.point(1, 0), p == t.point(2, 0))
local d = {[p] = "found"}
t.record(d[t.point(1, 0)])
local a, b = p:unpack()
t.record(a, b)
t.record(p)
