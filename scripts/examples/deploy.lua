-- Rolls a release out, two hosts at a time, and stops when too many fail.
--
--   mitoscript run scripts/examples/deploy.lua RELEASE.tar.gz FOLDER [HOST…]
--
-- On each host the archive is unpacked in FOLDER/releases/VERSION, the link
-- FOLDER/current is turned to it, and the program "health" of the release is run. A
-- host that does not become healthy gets its former release back. %h in FOLDER
-- stands for the host's name. Without hosts: four stand-ins on this machine.

local hosts = require "lib.hosts"

local batch = 2         -- hosts at a time
local max_failures = 1  -- more failed hosts than that end the rollout
local tries = 3         -- of the health check

-- Turns the link at once: there is no moment without a release.
local function turn(folder, release)
  fs.remove(folder .. "/current.new", {missing_ok = true})
  fs.symlink(release, folder .. "/current.new")
  fs.rename(folder .. "/current.new", folder .. "/current")
end

-- Unpacks what was copied, and gives the release that there was before.
local function install(folder, version)
  local before = fs.is_link(folder .. "/current") and fs.readlink(folder .. "/current") or nil
  local release = "releases/" .. version
  fs.mkdir(folder .. "/" .. release)
  archive.extract(folder .. "/release.tar.gz", folder .. "/" .. release)
  turn(folder, release)
  return before
end

local function healthy(folder)
  for i = 0, tries - 1 do
    time.sleep(0.2 * i)
    if pcall(proc.run, {"./health"}, {cwd = folder .. "/current", timeout = 10}) then return true end
  end
  return false
end

-- Runs in the master, once for each host of a batch, side by side.
local function deploy(host, archive_path, folder, version)
  folder = hosts.fill(folder, host.name)
  host:call(fs.mkdir, folder)
  host:put(archive_path, folder .. "/release.tar.gz")
  local before = host:call(install, folder, version)
  if host:call(healthy, folder) then return "ok" end
  if not before then return "not healthy; there is no former release" end
  host:call(turn, folder, before)
  return "not healthy; back to " .. path.base(before)
end

function main(router, args)
  if #args < 2 then
    print("usage: deploy.lua RELEASE.tar.gz FOLDER [HOST…]")
    return 2
  end
  local version = fs.hash(args[1]):sub(1, 12)
  local fleet = hosts.connect(hosts.after(args, 2), 4)
  local failed = 0
  for first = 1, #fleet, batch do
    local last = math.min(first + batch - 1, #fleet)
    local running = {}
    for i = first, last do running[i] = mitogen.spawn(deploy, fleet[i], args[1], args[2], version) end
    for i = first, last do
      local ok, result = pcall(running[i].get_data, running[i])
      if not ok then result = result.message end
      print(fleet[i].name .. ": " .. result)
      if result ~= "ok" then failed = failed + 1 end
    end
    if failed > max_failures then
      print(("stopped: %d hosts failed, %d were not touched"):format(failed, #fleet - last))
      return 6
    end
  end
  print(("done: %d of %d"):format(#fleet - failed, #fleet))
  return failed > 0 and 4 or 0
end
