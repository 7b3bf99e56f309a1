local util = require "lib.util"
t.mark(util.twice)
local f = util.twice
t.record(t.remote(function() return t.describe(f):sub(-7) == "marks 1" end))
