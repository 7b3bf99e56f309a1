t.record("base", t.process)

local M = {}

function M.double(x) return 2 * x end

return M
