function fact(n)
  if n < 2 then return 1 end
  return n * fact(n - 1)
end

function odd(n) return n ~= 0 and even(n - 1) end
function even(n) return n == 0 or odd(n - 1) end

t.record(t.remote(fact, 10))
t.record(t.remote(even, 7))

local function make()
  local function sum(n)
    if n == 0 then return 0 end
    return n + sum(n - 1)
  end
  return sum
end

t.record(t.remote(make(), 4))
