local function bad() t.raise("ValueError", "bad") end

for _, call in ipairs{t.call, t.aside} do
  local _, e = pcall(call, bad)
  t.record(e.kind, e.message)
end
