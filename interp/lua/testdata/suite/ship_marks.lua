function f(router) return router end
t.mark(f)
t.record(t.remote(function() return t.describe(f) end))
