CONFIG = {add = 10}

function helper(x) return 2 * x end

function f(x) return helper(x) + CONFIG["add"] end

t.record(t.remote(f, 2))
t.record(t.remote(function() return t.process end))
t.record(t.remote(t.sub.name))
