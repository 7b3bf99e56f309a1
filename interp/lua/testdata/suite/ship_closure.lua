local function make()
  local items = {}
  local function add(x) table.insert(items, x) end
  local function count() return #items end
  return add, count
end

local add, count = make()

t.record(t.remote(function()
  add(1)
  add(2)
  return count()
end))
t.record(count())
