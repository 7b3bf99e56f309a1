local function message(...) return select(2, pcall(...)).message end

t.record(t.take(1))
t.record(t.take(1, {b = 5, c = "x"}))
t.record(message(t.take))
t.record(message(t.take, 1, {d = 5}))
t.record(message(t.take, 1, 2, 3))
