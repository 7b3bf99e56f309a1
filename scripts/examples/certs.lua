-- Tells which certificates expire soon, on every host.
--
--   mitoscript run scripts/examples/certs.lua [--days=30] 'GLOB' [HOST…]
--   mitoscript run scripts/examples/certs.lua '/etc/letsencrypt/live/*/cert.pem' web1 web2
--
-- The hosts need openssl. %h in GLOB stands for the host's name. Without hosts:
-- one stand-in on this machine. The status is 1 if one expires within that time.

local hosts = require "lib.hosts"

-- Gives file, subject and seconds until it expires of each; no seconds for what is
-- no certificate.
local function certificates(pattern)
  local found = {}
  for _, file in ipairs(fs.glob(pattern)) do
    local r = proc.run({"openssl", "x509", "-noout", "-subject", "-enddate", "-in", file}, {check = false})
    local subject, expires = r.stdout:match("subject=([^\n]*)\nnotAfter=([^\n]*) GMT")
    if r.ok then
      local left = time.parse(expires .. " +0000", "%b %e %H:%M:%S %Y %z").unix - time.unix()
      found[#found + 1] = {file = file, subject = subject, left = left}
    else
      found[#found + 1] = {file = file, subject = "not a certificate"}
    end
  end
  return found
end

function main(router, args)
  local days = args[1] and tonumber(args[1]:match("^%-%-days=(%d+)$"))
  if days then args = hosts.after(args, 1) end
  days = days or 30
  if #args == 0 then
    print("usage: certs.lua [--days=30] GLOB [HOST…]")
    return 2
  end
  local fleet, calls, late = hosts.connect(hosts.after(args, 1), 1), {}, 0
  for i, host in ipairs(fleet) do calls[i] = host:call_async(certificates, hosts.fill(args[1], host.name)) end
  for i, host in ipairs(fleet) do
    for _, c in ipairs(calls[i]:get_data()) do
      local text = ("%s:%s: %s"):format(host.name, c.file, c.subject)
      if c.left then
        text = text .. (": %d days"):format(math.floor(c.left / 86400))
        if c.left < days * 86400 then
          text = text .. " - SOON"
          late = late + 1
        end
      end
      print(text)
    end
  end
  return late > 0 and 1 or 0
end
