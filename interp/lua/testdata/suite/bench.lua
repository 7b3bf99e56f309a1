local N = 3
local CONFIG = {a = {1, 2}, b = {c = "d"}}
local LARGE = {}
for i = 1, 10000 do LARGE[i] = {i, ("x"):rep(80)} end

local function helper(x) return x + 1 end
function make(i) return function(x) return x + i + N end end
function constant(x) return helper(x) + N end
function small() return CONFIG.a end
function large() return LARGE[1] end
