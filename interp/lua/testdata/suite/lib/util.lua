local base = require "lib.base"

t.record("util", t.process)

local M = {FACTOR = 7}

function M.twice(x) return base.double(x) end

function M.make(n)
  return function() return n * M.FACTOR end
end

return M
