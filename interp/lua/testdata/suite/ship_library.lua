local util = require "lib.util"

t.record(t.remote(util.twice, 4))
t.record(t.remote(function(x) return util.twice(x) + 1 end, 5))
t.record(t.remote(util.make(3)))
