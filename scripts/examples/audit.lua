-- Lists the accounts that can log in, on every host, and what is odd about them.
--
--   mitoscript run scripts/examples/audit.lua [--sudo] [HOST…]
--
-- With --sudo the accounts are read as root: other people's authorized_keys and
-- /etc/shadow can be read then. Without hosts: one stand-in on this machine. The
-- status is 1 if something is odd.

local hosts = require "lib.hosts"
local columns = require "lib.table"

local admins = {"sudo", "wheel", "admin"}
local closed = {nologin = true, ["false"] = true, sync = true, halt = true, shutdown = true}

-- The number of keys that open the account, or "?" if we may not look.
local function keys(home)
  local ok, lines = pcall(fs.lines, home .. "/.ssh/authorized_keys")
  if not ok then return (lines.errno == "ENOENT" or lines.errno == "ENOTDIR") and 0 or "?" end
  local n = 0
  for _, l in ipairs(lines) do
    if l:find("%S") and l:sub(1, 1) ~= "#" then n = n + 1 end
  end
  return n
end

local function empty_passwords()
  local ok, lines = pcall(fs.lines, "/etc/shadow")
  local found = {}
  for _, l in ipairs(ok and lines or {}) do
    local name = l:match("^([^:]+)::")
    if name then found[name] = true end
  end
  return found
end

local function accounts()
  local members = {}
  for _, name in ipairs(admins) do
    local ok, group = pcall(user.group, name)
    for _, m in ipairs(ok and group.members or {}) do members[m] = true end
  end
  local empty, found = empty_passwords(), {}
  for _, u in ipairs(user.list()) do
    local odd = {}
    if u.uid == 0 and u.name ~= "root" then odd[#odd + 1] = "is root by another name" end
    if empty[u.name] then odd[#odd + 1] = "has no password" end
    if #odd > 0 or not closed[path.base(u.shell)] then
      local admin = u.uid == 0 or members[u.name]
      found[#found + 1] = {u.name, u.uid, admin and "yes" or "", keys(u.home), table.concat(odd, ", ")}
    end
  end
  return found
end

function main(router, args)
  local sudo = args[1] == "--sudo"
  local fleet = hosts.connect(hosts.after(args, sudo and 1 or 0), 1)
  if sudo then
    for i, h in ipairs(fleet) do fleet[i] = router:sudo{via = h, name = h.name} end
  end
  local rows, odd = {{"HOST", "ACCOUNT", "UID", "ADMIN", "KEYS", "ODD"}}, false
  for _, r in ipairs(mitogen.pmap(accounts, fleet)) do
    for _, a in ipairs(r.ok and r.value or {{"", "", "", "", r.error and r.error.message}}) do
      odd = odd or a[5] ~= ""
      rows[#rows + 1] = {r.context.name, unpack(a)}
    end
  end
  print(columns(rows))
  return odd and 1 or 0
end
