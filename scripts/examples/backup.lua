-- Backs a folder up with rsync, over whatever contexts lead to it.
--
--   mitoscript run scripts/examples/backup.lua FOLDER COPY [HOST [BASTION]]
--
-- FOLDER is what root sees on HOST, reached by ssh (through BASTION, if there is one)
-- and sudo; without HOST it is here. Only what has changed is transferred. rsync
-- needs no connection of its own. BASTION connects to HOST with its own ssh set-up.

local function place(router, args)
  if #args < 3 then return router:local_{name = "here"} end
  local bastion = args[4] and router:ssh{hostname = args[4]}
  return router:sudo{via = router:ssh{hostname = args[3], via = bastion}}
end

local function size(dir)
  local total = 0
  for _, f in ipairs(fs.glob(dir .. "/**")) do
    if fs.is_file(f) then total = total + fs.stat(f).size end
  end
  return total
end

function main(router, args)
  local source = place(router, args)

  -- rsync runs here. Whatever it asks ssh to run, runs in source: the host's name
  -- (x) is of no importance.
  local status = fakessh.run(source, router, {"rsync", "-a", "--delete", "x:" .. args[1] .. "/", args[2] .. "/"}, {deadline = 3600})
  if status ~= 0 then error("rsync ended with status " .. status) end
  print("copied", size(args[2]), "bytes; the same there:", source:call(size, args[1]) == size(args[2]))

  -- Between two contexts: rsync runs in the one, the files are in the other.
  local mirror = router:local_{name = "mirror"}
  print("mirrored:", mirror:call(fakessh.run, source, {"rsync", "-a", "x:" .. args[1] .. "/", args[2] .. ".mirror/"}) == 0)

  -- Every program that uses ssh will do.
  fakessh.run(source, router, {"ssh", "x", "echo hello from there; exit 3"})
end
