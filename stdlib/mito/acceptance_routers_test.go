package mito_test

import "testing"

func TestAcceptanceOfRouters(t *testing.T) {
	runScripts(t, []script{
		{
			name: "ids, names, and who is where",
			star: `
me = router.myself()
print(me.context_id, me.name, me == router.context_by_id(0))
a = router.local()
print(a.context_id, a.call(lambda: [router.allocate_id(), router.allocate_id()]), router.local().context_id)
deep = router.local()
for i in range(9):
    deep = router.local(via=deep)
print(deep.call(lambda: len(mitogen.parent_ids)), deep.call(lambda x: x + 1, 41))
print(attempt(router.context_by_id, -1).error.kind, attempt(router.local, name="x" * 100).error.kind, attempt(router.local, name="a\nb").error.kind)
`,
			lua: luaHelp + `
local me = router:myself()
p(me.context_id, me.name, me == router:context_by_id(0))
local a = router:local_()
local x, y = a:call(function() return router:allocate_id(), router:allocate_id() end)
p(a.context_id, ("[%d, %d]"):format(x, y), router:local_().context_id)
local deep = router:local_()
for i = 1, 9 do deep = router:local_{via=deep} end
p(deep:call(function() return #mitogen.parent_ids end), deep:call(function(x) return x + 1 end, 41))
p(err(router.context_by_id, router, -1).kind, err(router.local_, router, {name=("x"):rep(100)}).kind, err(router.local_, router, {name="a\nb"}).kind)
`,
			want: `
0 self True
1 [2, 3] 1002
10 42
Error Error Error
`,
		},
		{
			name: "no route, and no handle",
			star: `
def ask(c, **fields): return attempt(c.send_await, Message.pickled(1, **fields)).error.message
a = router.local()
print(ask(a, handle=999999))
print(ask(router.context_by_id(1234), handle=5))
router.add_route(2000, a.context_id)
print(ask(router.context_by_id(2000), handle=5))
print(router.stream_by_id(2000) == router.stream_by_id(1), router.stream_by_id(2000).remote_id, router.stream_by_id(77))
`,
			lua: luaHelp + `
local function ask(c, fields) return err(c.send_await, c, Message.pickled(1, fields)).message end
local a = router:local_()
p(ask(a, {handle=999999}))
p(ask(router:context_by_id(1234), {handle=5}))
router:add_route(2000, a.context_id)
p(ask(router:context_by_id(2000), {handle=5}))
p(router:stream_by_id(2000) == router:stream_by_id(1), router:stream_by_id(2000).remote_id, router:stream_by_id(77))
`,
			want: `
invalid handle
no route to 1234, my ID is 0
no route to 2000, my ID is 1
True 1 None
`,
		},
		{
			name: "who waits for a context that goes is told, wherever it is",
			star: `
def wait(tell, target=None, ready=None):
    if target == None:
        tell.put(router.add_handler(lambda m: None))
        return Latch().get()
    r = target.send_async(Message.pickled("?", handle=tell))
    ready.put(True)
    return attempt(r.get_data).error.message

via = router.local()
leaf = router.local(via=via)
pending = leaf.call_async(lambda: Latch().get())
via.call(lambda c: c.shutdown(wait=True), leaf)
e = attempt(pending.get_data).error
print(e.kind, e.message)
leaf = router.local(via=via)
pending = leaf.call_async(lambda: Latch().get())
via.shutdown(wait=True)
print(attempt(pending.get_data).error.message)

c11 = router.local(via=router.local())
c2 = router.local()
c22 = router.local(via=c2)
tell = Receiver(router)
c22.call_no_reply(wait, tell.to_sender())
ready = Receiver(router)
far = c11.call_async(wait, tell.get_data(), c22, ready.to_sender())
ready.get()
c22.shutdown()
print(far.get_data())
other = mitogen.Router()
pending = other.local().call_async(lambda: Latch().get())
other.shutdown()
print(attempt(pending.get_data).error.message, attempt(Receiver(other).get).error.message)
other.broker.join()
print(attempt(other.broker.defer, lambda: 1).error.message)
`,
			lua: luaHelp + `
local function wait(tell, target, ready)
  if not target then
    tell:put(router:add_handler(function() end))
    return Latch():get()
  end
  local r = target:send_async(Message.pickled("?", {handle=tell}))
  ready:put(true)
  local _, e = pcall(r.get_data, r)
  return e.message
end
local function sleep() Latch():get() end
local via = router:local_()
local leaf = router:local_{via=via}
local pending = leaf:call_async(sleep)
via:call(function(c) c:shutdown{wait=true} end, leaf)
local e = err(pending.get_data, pending)
p(e.kind, e.message)
leaf = router:local_{via=via}
pending = leaf:call_async(sleep)
via:shutdown{wait=true}
p(err(pending.get_data, pending).message)

local c11 = router:local_{via=router:local_()}
local c2 = router:local_()
local c22 = router:local_{via=c2}
local tell = Receiver(router)
c22:call_no_reply(wait, tell:to_sender())
local ready = Receiver(router)
local far = c11:call_async(wait, tell:get_data(), c22, ready:to_sender())
ready:get()
c22:shutdown()
p(far:get_data())
local other = mitogen.Router()
pending = other:local_():call_async(sleep)
other:shutdown()
local r = Receiver(other)
p(err(pending.get_data, pending).message, err(r.get, r).message)
other.broker:join()
p(err(other.broker.defer, other.broker, function() end).message)
`,
			want: `
ChannelError the respondent Context has disconnected
the respondent Context has disconnected
the respondent Context has disconnected
the respondent Context has disconnected Broker has exitted
An attempt was made to enqueue a message with a Broker that has already exitted
`,
		},
		{
			name: "siblings may not call, and unidirectional keeps them apart",
			star: `
def ask(other):
    e = attempt(other.call, lambda: mitogen.state.update({"ran": True})).error
    return [e.kind, e.message]
def talk(other):
    return attempt(other.send_await, Message.pickled("x", handle=5000)).error.message

a, b = router.local(name="web1"), router.local(name="db1")
kind, text = a.call(ask, b)
print(kind, "refused by policy" in text, b.call(lambda: len(mitogen.state)))
print(a.call(talk, b))
router.unidirectional = True
print(a.call(talk, b), router.unidirectional)
`,
			lua: luaHelp + `
local function ask(other)
  local _, e = pcall(other.call, other, function() mitogen.state.ran = true end)
  return e.kind, e.message
end
local function talk(other)
  local _, e = pcall(other.send_await, other, Message.pickled("x", {handle=5000}))
  return e.message
end
local a, b = router:local_{name="web1"}, router:local_{name="db1"}
local kind, text = a:call(ask, b)
p(kind, text:find("refused by policy") ~= nil, b:call(function() return mitogen.state.ran and 1 or 0 end))
p(a:call(talk, b))
router.unidirectional = true
p(a:call(talk, b), router.unidirectional)
`,
			want: `
SecurityError True 0
invalid handle
refused by policy: routing mode prevents forward of message from context 1 to context 2 via context 0 True
`,
			log: "routing mode prevents forward of message",
		},
		{
			name: "messages that are too large",
			star: `
early = router.local()
router.max_message_size = 4096
big = "x" * 8192
a = router.local()
b = router.local(via=a)
print([c.call(lambda: router.max_message_size) for c in [a, b]])
recv = Receiver(router)
for f in [lambda: a.call(len, big), lambda: a.call(lambda: "x" * 8192), lambda: early.call(lambda: "x" * 8192), lambda: recv.to_sender().put(big)]:
    e = attempt(f).error
    print(e.kind, e.message)
print(early.call(lambda s: [attempt(s.put, "x" * 8192), "went on"][1], recv.to_sender()), early.call(lambda: "alive"), recv.empty())
`,
			lua: luaHelp + `
local early = router:local_()
router.max_message_size = 4096
local big = ("x"):rep(8192)
local a = router:local_()
local b = router:local_{via=a}
local function size() return router.max_message_size end
p(("[%d, %d]"):format(a:call(size), b:call(size)))
local recv = Receiver(router)
local s = recv:to_sender()
for _, f in ipairs{function() a:call(function(x) end, big) end, function() a:call(function() return ("x"):rep(8192) end) end, function() early:call(function() return ("x"):rep(8192) end) end, function() s:put(big) end} do
  local e = err(f)
  p(e.kind, e.message)
end
p(early:call(function(s) pcall(s.put, s, ("x"):rep(8192)) return "went on" end, s), early:call(function() return "alive" end), recv:empty())
`,
			want: `
[4096, 4096]
ChannelError message too large (max 4096 bytes)
ChannelError message too large (max 4096 bytes)
ChannelError message too large (max 4096 bytes)
ChannelError message too large (max 4096 bytes)
went on alive True
`,
			log: "message too large (max 4096 bytes)",
		},
		{
			name: "temporary routers end, whatever happens in them",
			star: `
seen = []
def work(r, fails=False):
    seen.append(r)
    return fail("no") if fails else "done"

print(mitogen.utils.run_with_router(work), attempt(mitogen.utils.run_with_router, work, fails=True).error.message)
for r in seen:
    print(attempt(r.broker.defer, lambda: 1).error.kind)
print("work" in str(mitogen.utils.with_router(work)))
`,
			lua: luaHelp + `
local seen = {}
local function work(r, fails)
  seen[#seen+1] = r
  if fails then error("no", 0) end
  return "done"
end
p(mitogen.utils.run_with_router(work), err(mitogen.utils.run_with_router, work, true).message)
for _, r in ipairs(seen) do p(err(r.broker.defer, r.broker, function() end).kind) end
p(type(mitogen.utils.with_router(work)) == "function")
`,
			want: "done no\nError\nError\nTrue\n",
		},
	})
}
