n = 1

function f() return n end

t.record(t.remote(f))
n = 2
t.record(t.remote(f))
t.record(t.remote(f))

function g() return 1 end
function h() return g() end

t.record(t.remote(h))
function g() return 2 end
t.record(t.remote(h))
