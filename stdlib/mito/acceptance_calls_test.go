package mito_test

import "testing"

func TestAcceptanceOfCalls(t *testing.T) {
	runScripts(t, []script{
		{
			name: "a chain repeats its first error, whatever it was",
			star: `
def bad(text): fail(text)
def unsendable(): return Latch()
c = router.local()
chain = c.call_chain()
chain.call_no_reply(bad, "x1")
print(attempt(chain.call, bad, "x2").error.message == attempt(chain.call, lambda: 1).error.message)
chain.reset()
print(chain.call(lambda: "again"))
e = attempt(chain.call, unsendable).error
print(e.message, attempt(chain.call, lambda: 1).error.message == e.message)
busy = c.call_async(lambda: Latch().get())
limited = c.options(timeout=0.05).call_chain()
print(attempt(limited.call, lambda: 1).error.kind)
busy.cancel()
print(attempt(limited.call_async(lambda: 1).get_data).ok, c.call(lambda: "free"))
`,
			lua: luaHelp + `
local function bad(text) error(text, 0) end
local c = router:local_()
local chain = c:call_chain()
chain:call_no_reply(bad, "x1")
p(err(chain.call, chain, bad, "x2").message == err(chain.call, chain, function() end).message)
chain:reset()
p(chain:call(function() return "again" end))
local e = err(chain.call, chain, function() return Latch() end)
p(e.message, err(chain.call, chain, function() end).message == e.message)
local busy = c:call_async(function() Latch():get() end)
local limited = c:options{timeout=0.05}:call_chain()
p(err(limited.call, limited, function() end).kind)
busy:cancel()
local later = limited:call_async(function() end)
p((pcall(later.get_data, later)), c:call(function() return "free" end))
`,
			want: `
True
again
Error: cannot return the result: cannot send a Latch True
TimeoutError
False free
`,
			log: "no-reply function call failed",
		},
		{
			name: "who gives up waiting leaves the call running",
			star: `
def work(tell):
    gate = Receiver(router)
    tell.put(gate.to_sender())
    gate.get()
    mitogen.state["done"] = True

c = router.local()
tell = Receiver(router)
r = c.call_async(work, tell.to_sender())
gate = tell.get_data()
print(attempt(r.get, timeout=0).error.kind)
after = c.call_async(lambda: mitogen.state["done"])
gate.put(None)
print(after.get_data(), r.get_data())
`,
			lua: luaHelp + `
local c = router:local_()
local tell = Receiver(router)
local r = c:call_async(function(tell)
  local gate = Receiver(router)
  tell:put(gate:to_sender())
  gate:get()
  mitogen.state.done = true
end, tell:to_sender())
local gate = tell:get_data()
p(err(r.get, r, {timeout=0}).kind)
local after = c:call_async(function() return mitogen.state.done end)
gate:put(nil)
p(after:get_data(), r:get_data())
`,
			want: "TimeoutError\nTrue None\n",
		},
		{
			name: "errors are values",
			star: `
def bad(): mitogen.raise_error("OSError", "disk full")
c = router.local(name="web1")
e = attempt(c.call, bad).error
back = Message.pickled(e).unpickle(throw=False)
print(back.kind, back.message == e.message, back.context, back.cause.kind, back.cause.traceback == e.cause.traceback)
print(attempt(Message.pickled(e).unpickle).error.message == e.message)
got = c.call(lambda x: [x["e"]], {"e": e})[0]
print(got.kind, got.cause_kind, got.is_a("Error"), got.is_a("ChannelError"))
`,
			lua: luaHelp + `
local function bad() mitogen.raise_error("OSError", "disk full") end
local c = router:local_{name="web1"}
local e = err(c.call, c, bad)
local m = Message.pickled(e)
local back = m:unpickle{throw=false}
p(back.kind, back.message == e.message, back.context, back.cause.kind, back.cause.traceback[1] == e.cause.traceback[1])
p(err(m.unpickle, m).message == e.message)
local got = c:call(function(x) return {x.e} end, {e=e})[1]
p(got.kind, got.cause_kind, got:is_a("Error"), got:is_a("ChannelError"))
`,
			want: "CallError True web1 OSError True\nTrue\nCallError OSError True False\n",
		},
		{
			name: "messages answer once, and only if somebody waits",
			star: `
seen = Latch()
def handler(m):
    if m.reply_to:
        m.reply(Message.pickled("ready", handle=1))
    else:
        seen.put(m.reply("nobody"))

h = router.add_handler(handler)
me = router.myself()
print(me.send_await(Message.pickled(1, handle=h)))
me.send(Message.pickled(1, handle=h))
print(seen.get())
for m in [Message(data=b"\x00\x01"), Message(data=b"\xff"), Message()]:
    print(attempt(m.unpickle).error.kind)
m = Message(src_id=5, auth_id=6, is_dead=True)
print(m.src_id, m.auth_id, m.reply_to)
m.is_dead = False
print(m.reply_to, attempt(Message, data="text").error.kind, attempt(Message, data=Blob("x")).ok)
`,
			lua: luaHelp + `
local seen = Latch()
local h = router:add_handler(function(m)
  if m.reply_to then m:reply(Message.pickled("ready", {handle=1})) else seen:put(m:reply("nobody")) end
end)
local me = router:myself()
p(me:send_await(Message.pickled(1, {handle=h})))
me:send(Message.pickled(1, {handle=h}))
p(seen:get())
for _, m in ipairs{Message{data="\0\1"}, Message{data="\255"}, Message()} do p(err(m.unpickle, m).kind) end
local m = Message{src_id=5, auth_id=6, is_dead=true}
p(m.src_id, m.auth_id, m.reply_to)
m.is_dead = false
p(m.reply_to, err(Message, {data={1}}).kind, (pcall(Message, {data=Blob("x")})))
`,
			want: "ready\nNone\nValueError\nValueError\nValueError\n0 0 999\nNone Error True\n",
		},
		{
			name: "cast gives plain values, or says what is none, in Starlark",
			star: `
cast = mitogen.utils.cast
got = cast({"t": (1, [2]), "s": Secret("x"), "b": Blob("y"), "st": struct(a=1), (1, 2): set([3])})
got["t"].append(4)
print(got)
print([cast(v) == v for v in [0, 0.0, True, None, "x", b"x", []]])
for v in [{"a": [1, 2, 3, Latch()]}, router.myself(), lambda: 1, [router]]:
    print(attempt(cast, v).error.message)
print(mitogen.kwargs(a=1))
`,
			want: `
{"t": [1, [2], 4], "s": "x", "b": b"y", "st": {"a": 1}, (1, 2): set([3])}
[True, True, True, True, True, True, True]
obj["a"][3]: cannot cast a Latch
obj: cannot cast a Context
obj: cannot cast a function
obj[0]: cannot cast a Router
{"a": 1}
`,
		},
		{
			name: "cast gives plain values, or says what is none, in Lua",
			lua: luaHelp + `
local cast = mitogen.utils.cast
local got = cast({t={1, {2}}, s=Secret("x"), b=Blob("\255"), e={}})
p(got.t[2][1], got.s, got.b == "\255", #got.e)
for _, v in ipairs{{a={1, 2, 3, Latch()}}, router:myself(), function() end, {router}} do
  p(err(cast, v).message)
end
p(mitogen.kwargs{a=1}.a)
`,
			want: `
2 x True 0
obj["a"][4]: cannot cast a Latch
obj: cannot cast a Context
obj: cannot cast a function
obj[1]: cannot cast a Router
1
`,
		},
	})
}
