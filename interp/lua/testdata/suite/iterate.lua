t.record(#t.counter(3))
for n in t.counter(3) do
  t.record(n)
end

local _, e = pcall(function()
  for n in t.counter(1, {broken = true}) do
    t.record(n)
  end
end)
t.record(e.kind)
