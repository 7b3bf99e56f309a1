local r, state = router, mitogen.state

local function f()
  state.n = (state.n or 0) + 1
  return state.n
end

t.record(t.remote(f))
t.record(t.remote(f))
t.record(state.n)
t.record(t.remote(function() return r == router end))
