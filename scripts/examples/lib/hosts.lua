-- Contexts of the hosts that an example works on.

local hosts = {}

-- Connects to hosts, side by side. A name is a pattern of the inventory (web,
-- web*:!web3, all), else a host for ssh. Without names: to stand-ins, which are
-- processes on this machine. What cannot be reached is logged and left out.
function hosts.connect(names, stand_ins)
  local starting = {}
  local function add(name, receiver) starting[#starting + 1] = {name = name, receiver = receiver} end
  for _, name in ipairs(names) do
    local known, selected = pcall(inventory.hosts, name)
    if known then
      for _, h in ipairs(selected) do add(h.name, mitogen.spawn(inventory.connect, h)) end
    else
      add(name, router:ssh_async{hostname = name, name = name})
    end
  end
  for i = 1, #names == 0 and (stand_ins or 3) or 0 do
    add("host" .. i, router:local_async{name = "host" .. i})
  end

  local contexts = {}
  for _, s in ipairs(starting) do
    local ok, result = pcall(s.receiver.get_data, s.receiver)
    if ok then
      contexts[#contexts + 1] = result
    else
      log.error("left out: " .. s.name, {why = result.message})
    end
  end
  if #contexts == 0 then error("no host could be reached") end
  return contexts
end

-- Gives what follows n arguments.
function hosts.after(args, n)
  local rest = {}
  for i = n + 1, #args do rest[#rest + 1] = args[i] end
  return rest
end

-- Puts the host's name in place of %h.
function hosts.fill(text, name)
  return (text:gsub("%%h", function() return name end))
end

return hosts
