-- Shows what the machines of a fleet are, as a table.
--
--   mitoscript run scripts/examples/facts.lua [HOST…]
--   mitoscript run -i hosts scripts/examples/facts.lua 'web:!web3'
--
-- Without hosts: three stand-ins on this machine.

local hosts = require "lib.hosts"
local columns = require "lib.table"

local function facts()
  local p, disk = os.platform(), fs.disk_usage("/")
  local system = (p.distro ~= "" and p.distro or p.os) .. " " .. p.distro_version .. " " .. p.arch
  return {system, p.kernel, os.cpu_count(), ("%d GiB"):format(os.memory().total / 2^30),
    ("%d%%"):format(disk.used * 100 / disk.total), ("%d d"):format(os.uptime() / 86400)}
end

function main(router, args)
  local rows, down = {{"HOST", "SYSTEM", "KERNEL", "CPU", "MEMORY", "DISK", "UP"}}, 0
  for _, r in ipairs(mitogen.pmap(facts, hosts.connect(args), mitogen.kwargs{timeout = 30})) do
    if r.ok then
      rows[#rows + 1] = {r.context.name, unpack(r.value)}
    else
      log.error("no facts", {host = r.context.name, why = r.error.message})
      down = down + 1
    end
  end
  print(columns(rows))
  return down > 0 and 1 or 0
end
