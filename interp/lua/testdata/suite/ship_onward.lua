local N = 10

t.record(t.remote(function()
  local function g(x) return x + N end
  return t.remote(g, 1) + 1
end))
