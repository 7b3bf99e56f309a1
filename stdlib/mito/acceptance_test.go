package mito_test

import "testing"

// luaHelp makes Lua print as Starlark does, and catches errors.
const luaHelp = `
local function err(f, ...) local _, e = pcall(f, ...) return e end
local function show(v)
  if v == nil or v == mitogen.null then return "None" end
  if type(v) == "boolean" then return v and "True" or "False" end
  return tostring(v)
end
local function p(...) local o = {} for i = 1, select("#", ...) do o[i] = show((select(i, ...))) end print(table.concat(o, " ")) end
`

// What users of the reference rely on, beyond what the other tables of this
// package show.
func TestAcceptanceOfSources(t *testing.T) {
	runScripts(t, []script{
		{
			name: "members of any kind",
			star: `
def put(m): m.put("item") if hasattr(m, "put") else m.to_sender().put("item")
def note(src): pass
def own(m, v): m.notify = v
for make in [Latch, lambda: Receiver(router), lambda: Select([Latch()])]:
    m, s = make(), Select(oneshot=False)
    print(s.empty())
    s.add(m)
    print(len(s), s.empty(), attempt(own, m, note).error.message)
    s.remove(m)
    own(m, note)
    print(len(s), attempt(Select, [m]).error.kind)
    own(m, None)
    if mitogen.type(m) == "Select":
        continue
    put(m)
    s.add(m)
    print(s.empty(), s.size())
    s.get()
    print(len(s), m.empty(), attempt(Select, [m]).error.message)
    once = Select()
    s.remove(m)
    once.add(m)
    put(m)
    once.get()
    print(len(once), len(Select([m])))
ch = Channel(router, router.myself(), None)
Sender(router.myself(), ch.handle).put("to the channel")
s = Select([ch])
print(s.get().unpickle(), len(s))
inner = Select([Latch()])
outer = Select([inner])
inner.close()
print(len(inner), len(outer), attempt(inner.add, Latch()).error.kind)
`,
			lua: luaHelp + `
local function put(m) if mitogen.type(m) == "Latch" then m:put("item") else m:to_sender():put("item") end end
local function note() end
local function own(m, v) m.notify = v end
for _, make in ipairs{Latch, function() return Receiver(router) end, function() return Select({Latch()}) end} do
  local m, s = make(), Select({}, {oneshot=false})
  p(s:empty())
  s:add(m)
  p(#s, s:empty(), err(own, m, note).message)
  s:remove(m)
  own(m, note)
  p(#s, err(Select, {m}).kind)
  own(m, nil)
  if mitogen.type(m) ~= "Select" then
    put(m)
    s:add(m)
    p(s:empty(), s:size())
    s:get()
    p(#s, m:empty(), err(Select, {m}).message)
    local once = Select()
    s:remove(m)
    once:add(m)
    put(m)
    once:get()
    p(#once, #Select({m}))
  end
end
local ch = Channel(router, router:myself(), nil)
Sender(router:myself(), ch.handle):put("to the channel")
local s = Select({ch})
p(s:get():unpickle(), #s)
local inner = Select({Latch()})
local outer = Select({inner})
inner:close()
p(#inner, #outer, err(inner.add, inner, Latch()).kind)
`,
			want: `
True
1 True cannot set notify: the source is owned by a Select
0 Error
False 1
1 True Cannot add: Receiver is already owned by another Select
0 1
True
1 True cannot set notify: the source is owned by a Select
0 Error
False 1
1 True Cannot add: Receiver is already owned by another Select
0 1
True
1 True cannot set notify: the source is owned by a Select
0 Error
to the channel 0
0 1 LatchError
`,
		},
		{
			name: "a Sender goes to a child and back, siblings talk by it",
			star: `
def use(s, back):
    s.put(123)
    s.close()
    return s

def listen(tell):
    r = Receiver(router)
    tell.put(r.to_sender())
    return r.get_data()

a, b = router.local(), router.local()
recv = Receiver(router)
s = a.call(use, recv.to_sender(), None)
print(s.context == router.myself(), s.dst_handle == recv.handle, recv.get_data())
e = attempt(recv.get).error
print(e.kind, e.message)
tell = Receiver(router)
heard = b.call_async(listen, tell.to_sender())
a.call(lambda s: s.put("from a sibling"), tell.get_data())
print(heard.get_data())
`,
			lua: luaHelp + `
local function use(s) s:put(123) s:close() return s end
local function listen(tell) local r = Receiver(router) tell:put(r:to_sender()) return r:get_data() end
local a, b = router:local_(), router:local_()
local recv = Receiver(router)
local s = a:call(use, recv:to_sender())
p(s.context == router:myself(), s.dst_handle == recv.handle, recv:get_data())
local e = err(recv.get, recv)
p(e.kind, e.message)
local tell = Receiver(router)
local heard = b:call_async(listen, tell:to_sender())
a:call(function(s) s:put("from a sibling") end, tell:get_data())
p(heard:get_data())
`,
			want: `
True True 123
ChannelError Sender was explicitly closed
from a sibling
`,
		},
	})
}
