local function loop()
  while true do end
end

local function hold()
  pcall(loop)
  t.record("held")
end

for _, fn in ipairs{loop, t.wait, hold} do
  local _, e = pcall(t.limit, fn)
  t.record(e.kind, e.message)
end
