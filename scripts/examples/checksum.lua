-- Checksums a tree on every host, with all its processors, and tells how hosts differ.
--
--   mitoscript run scripts/examples/checksum.lua FOLDER [HOST…]
--
-- The first host is what the others are compared with. %h in FOLDER stands for the
-- host's name. Without hosts: two stand-ins on this machine. The status is 1 if they
-- differ.

local hosts = require "lib.hosts"

local function sums(folder, files)
  local sum = mitogen.dict{}
  for _, f in ipairs(files) do sum[f] = fs.hash(folder .. "/" .. f) end
  return sum
end

-- On a host: shares the files among workers, which are contexts of its own.
local tree = mitogen.takes_router(function(folder, options)
  local workers, shares, calls = {}, {}, {}
  for i = 1, math.min(os.cpu_count(), 8) do
    workers[i] = options.router:fork()
    shares[i] = {}
  end
  for i, f in ipairs(fs.walk(folder)) do
    if fs.is_file(f) and not fs.is_link(f) then
      table.insert(shares[i % #workers + 1], path.rel(f, folder))
    end
  end
  for i, w in ipairs(workers) do calls[i] = w:call_async(sums, folder, shares[i]) end
  local all = mitogen.dict{}
  for _, part in ipairs(Select.all(calls)) do
    for f, sum in pairs(part) do all[f] = sum end
  end
  for _, w in ipairs(workers) do w:shutdown() end
  return all
end)

local function differences(want, got)
  local found = {}
  for f, sum in pairs(want) do
    if got[f] == nil then found[#found + 1] = f .. ": missing"
    elseif got[f] ~= sum then found[#found + 1] = f .. ": differs" end
  end
  for f in pairs(got) do
    if want[f] == nil then found[#found + 1] = f .. ": additional" end
  end
  table.sort(found)
  return found
end

local function size(t)
  local n = 0
  for _ in pairs(t) do n = n + 1 end
  return n
end

function main(router, args)
  if #args == 0 then
    print("usage: checksum.lua FOLDER [HOST…]")
    return 2
  end
  local fleet, calls, trees, total = hosts.connect(hosts.after(args, 1), 2), {}, {}, 0
  for i, h in ipairs(fleet) do calls[i] = h:call_async(tree, hosts.fill(args[1], h.name)) end
  for i, c in ipairs(calls) do trees[i] = c:get_data() end
  for i, h in ipairs(fleet) do
    local found = differences(trees[1], trees[i])
    total = total + #found
    print(("%s: %d files, %s"):format(h.name, size(trees[i]), #found > 0 and #found .. " differences" or "the same"))
    for _, line in ipairs(found) do print("  " .. line) end
  end
  return total > 0 and 1 or 0
end
