-- Looks into the running containers of every host, from inside of them.
--
--   mitoscript run scripts/examples/containers.lua [--name=TEXT] [HOST…]
--
-- Containers need nothing: not even a shell; nothing stays in them. --name takes
-- those with TEXT in their names. Without hosts: one stand-in on this machine. Hosts
-- without docker are told, and left out.

local hosts = require "lib.hosts"
local columns = require "lib.table"

local function inside()
  local p, processes = os.platform(), proc.list()
  table.sort(processes, function(a, b) return a.rss > b.rss end)
  return {p.distro ~= "" and p.distro or "(no distribution)", p.distro_version, #processes - 1, processes[1].name, os.username()}
end

local function running(text)
  if not proc.which("docker") then return nil end
  local r, names = proc.run({"docker", "ps", "--filter", "name=" .. text, "--format", "{{.Names}}"}, {check = false}), mitogen.list{}
  for name in r.stdout:gmatch("%S+") do names[#names + 1] = name end
  return r.ok and names or nil
end

function main(router, args)
  local rows = {{"HOST", "CONTAINER", "DISTRIBUTION", "VERSION", "PROCESSES", "BIGGEST", "USER"}}
  local text = args[1] and args[1]:match("^%-%-name=(.*)$")
  if text then args = hosts.after(args, 1) end
  for _, host in ipairs(hosts.connect(args, 1)) do
    local names = host:call(running, text or "")
    if not names then print(host.name .. ": no docker answers") end
    local starts = {}
    for i, name in ipairs(names or {}) do starts[i] = router:docker_async{container = name, via = host, cache = false} end
    for i, name in ipairs(names or {}) do
      local ok, result = pcall(function() return starts[i]:get_data():call(inside) end)
      rows[#rows + 1] = {host.name, name, unpack(ok and result or {result.kind, "", "", "", ""})}
    end
  end
  print(columns(rows))
end
