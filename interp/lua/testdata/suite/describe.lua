function plain(a, b) return nil end
function rest(a, ...) return nil end
t.record(t.describe(plain))
t.record(t.describe(rest))
t.mark(rest)
t.record(t.describe(rest))
t.record(t.same(plain, plain), t.same(plain, rest))
