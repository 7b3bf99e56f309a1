package mito_test

import "testing"

func TestCallbacks(t *testing.T) {
	runScripts(t, []script{
		{
			name: "handlers keep their order, wait, and survive errors",
			star: `
seen = []
done = Latch()
def handler(msg):
    n = msg.unpickle()
    if n == 1:
        fail("one is bad")
    seen.append(n)
    attempt(Latch().get, timeout=0.002)
    seen.append(-n)
    if n == 3:
        done.put(None)

h = router.add_handler(handler)
s = Sender(router.myself(), h)
for i in range(4):
    s.put(i)
done.get()
print(seen)
`,
			lua: `
local seen, done = {}, Latch()
local h = router:add_handler(function(msg)
  local n = msg:unpickle()
  if n == 1 then error("one is bad") end
  seen[#seen+1] = n
  pcall(function() Latch():get(0.002) end)
  seen[#seen+1] = n == 0 and 0 or -n
  if n == 3 then done:put() end
end)
local s = Sender(router:myself(), h)
for i = 0, 3 do s:put(i) end
done:get()
print("[" .. table.concat(seen, ", ") .. "]")
`,
			want: "[0, 0, 2, -2, 3, -3]\n",
			log:  "one is bad",
		},
		{
			name: "policies",
			star: `
def allow(msg):
    return msg.src_id == 2

a = router.local()
b = router.local()
def send(h):
    c = router.context_by_id(0)
    e = attempt(c.send_await, Message.pickled("x", handle=h)).error
    return [e.kind, "refused by policy" in e.message]

recv = Receiver(router, policy=allow, persist=False)
print(a.call(send, recv.handle))
b.call(lambda h: Sender(router.context_by_id(0), h).put("y"), recv.handle)
print(recv.get_data())
parents = Receiver(router, policy="parent")
print(a.call(send, parents.handle)[0])
parents.to_sender().put("mine")
print(parents.get_data(), attempt(Receiver, router, policy="none").error.kind)
only = Receiver(router, respondent=a)
print(b.call(send, only.handle)[0])
`,
			lua: `
local a = router:local_()
local b = router:local_()
local function send(h)
  local c = router:context_by_id(0)
  local ok, e = pcall(c.send_await, c, Message.pickled("x", {handle=h}))
  return {e.kind, e.message:find("refused by policy") and "True" or e.message}
end
local recv = Receiver(router, {policy=function(msg) return msg.src_id == 2 end, persist=false})
local r = a:call(send, recv.handle)
print('["' .. r[1] .. '", ' .. r[2] .. "]")
b:call(function(h) Sender(router:context_by_id(0), h):put("y") end, recv.handle)
print(recv:get_data())
local parents = Receiver(router, {policy="parent"})
print(a:call(send, parents.handle)[1])
parents:to_sender():put("mine")
local ok, e = pcall(Receiver, router, {policy="none"})
print(parents:get_data() .. " " .. e.kind)
local only = Receiver(router, {respondent=a})
print(b:call(send, only.handle)[1])
`,
			want: "[\"SecurityError\", True]\ny\nSecurityError\nmine ValueError\nSecurityError\n",
			log:  "refused by policy",
		},
		{
			name: "a policy decides on who may close, too",
			star: `
a = router.local()
b = router.local()
recv = Receiver(router, policy=lambda msg: msg.src_id == a.context_id)
def close(tx):
    tx.close()
def put(tx):
    tx.put("from a")
b.call(close, recv.to_sender())
a.call(put, recv.to_sender())
print(recv.get_data())
a.call(close, recv.to_sender())
print(attempt(recv.get_data, timeout=20).error.message)
`,
			lua: `
local a, b = router:local_(), router:local_()
local id = a.context_id
local recv = Receiver(router, {policy=function(msg) return msg.src_id == id end})
local function close(tx) tx:close() end
local function put(tx) tx:put("from a") end
b:call(close, recv:to_sender())
a:call(put, recv:to_sender())
print(recv:get_data())
a:call(close, recv:to_sender())
local ok, e = pcall(recv.get_data, recv, {timeout=20})
print(e.message)
`,
			want: "from a\nSender was explicitly closed\n",
			log:  "did not accept it",
		},
		{
			name: "notify",
			star: `
got = Latch()
recv = Receiver(router)
def note(r):
    got.put(r == recv)

recv.notify = note
recv.to_sender().put(1)
print(got.get(), recv.get_data(), recv.notify == note)
print(attempt(Select, [recv]).error.kind)
recv.notify = None
print(recv.notify, len(Select([recv])))
`,
			lua: `
local got = Latch()
local recv = Receiver(router)
local function note(r) got:put(r == recv) end
recv.notify = note
recv:to_sender():put(1)
local function t(v) return v and "True" or "False" end
print(t(got:get()) .. " " .. recv:get_data() .. " " .. t(recv.notify == note))
local ok, e = pcall(Select, {recv})
print(e.kind)
recv.notify = nil
print((recv.notify or "None") .. " " .. #Select({recv}))
`,
			want: "True 1 True\nError\nNone 1\n",
		},
		{
			name: "signals",
			star: `
events = Latch()
def fresh(c):
    events.put("new " + c.name)

def gone(c):
    events.put("gone " + c.name)

def bare():
    events.put("bare")

mitogen.listen(router, "new_context", fresh)
c = router.local(name="web1")
print(events.get())
mitogen.listen(c, "disconnect", gone)
mitogen.listen(c, "disconnect", bare)
c.shutdown()
print(sorted([events.get(), events.get()]))
mitogen.unlisten(router, "new_context", fresh)
print(attempt(mitogen.unlisten, router, "new_context", fresh).error.kind)
print(attempt(mitogen.listen, router, "disconnect", bare).error.kind)
router.local()
print(attempt(events.get, timeout=0.01).error.kind)
`,
			lua: `
local events = Latch()
local function fresh(c) events:put("new " .. c.name) end
local function gone(c) events:put("gone " .. c.name) end
local function bare() events:put("bare") end
local function kind(f, ...) local ok, e = pcall(f, ...); return e.kind end
mitogen.listen(router, "new_context", fresh)
local c = router:local_{name="web1"}
print(events:get())
mitogen.listen(c, "disconnect", gone)
mitogen.listen(c, "disconnect", bare)
c:shutdown()
local two = {events:get(), events:get()}
table.sort(two)
print('["' .. table.concat(two, '", "') .. '"]')
mitogen.unlisten(router, "new_context", fresh)
print(kind(mitogen.unlisten, router, "new_context", fresh))
print(kind(mitogen.listen, router, "disconnect", bare))
router:local_()
print(kind(events.get, events, {timeout=0.01}))
`,
			want: "new web1\n[\"bare\", \"gone web1\"]\nValueError\nValueError\nTimeoutError\n",
		},
		{
			name: "deferred and spawned functions",
			star: `
out = []
done = Latch()
broker = router.broker
broker.defer(out.append, 1)
broker.defer(lambda *a, **kw: out.append([a, kw]), 2, k=3)
broker.defer(done.put)
done.get()
print(out[0], out[1][0][0], out[1][1]["k"])
print(broker.defer_sync(lambda x: x + 1, 1), attempt(broker.defer_sync, lambda: fail("no")).error.kind)
r = mitogen.spawn(lambda x, y=0: [x, y, Latch], 1, y=2)
print(r.get_data()[:2], attempt(r.get).error.kind)
r = mitogen.spawn(lambda: mitogen.raise_error("ValueError", "mine"))
e = attempt(r.get_data).error
print(e.kind, e.message)
r = mitogen.spawn(lambda: Latch().get())
r.cancel()
print(attempt(r.get).error.kind)
print(broker.shutdown_timeout, broker.keep_alive())
broker.shutdown_timeout = 0.5
print(broker.shutdown_timeout)
`,
			lua: `
local out, done, broker = {}, Latch(), router.broker
local function kind(f, ...) local ok, e = pcall(f, ...); return e.kind end
broker:defer(function(x) out[1] = x end, 1)
broker:defer(function(a, kw) out[2] = {a, kw.k} end, 2, mitogen.kwargs{k=3})
broker:defer(function() done:put() end)
done:get()
print(out[1] .. " " .. out[2][1] .. " " .. out[2][2])
print(broker:defer_sync(function(x) return x + 1 end, 1) .. " " .. kind(broker.defer_sync, broker, function() error("no") end))
local r = mitogen.spawn(function(x, kw) return {x, kw.y, Latch} end, 1, mitogen.kwargs{y=2})
local got = r:get_data()
print("[" .. got[1] .. ", " .. got[2] .. "] " .. kind(r.get, r))
r = mitogen.spawn(function() mitogen.raise_error("ValueError", "mine") end)
local ok, e = pcall(r.get_data, r)
print(e.kind .. " " .. e.message)
r = mitogen.spawn(function() Latch():get() end)
r:cancel()
print(kind(r.get, r))
print(("%.1f %s"):format(broker.shutdown_timeout, broker:keep_alive() and "True" or "False"))
broker.shutdown_timeout = 0.5
print(broker.shutdown_timeout)
`,
			want: "1 2 3\n2 ScriptError\n[1, 2] ChannelError\nValueError mine\nCancelledError\n5.0 False\n0.5\n",
		},
		{
			name: "what is handed on within the process is the same thing",
			star: `
def add(items, x, also=None):
    items.append(x)
    if also != None:
        also[x] = items

l, d = [], {}
mitogen.spawn(add, l, 1, also=d).get_data()
router.broker.defer_sync(add, l, 2)
mitogen.utils.run_with_router(lambda r, items: items.append(3), l)
mitogen.utils.with_router(lambda r, items: items.append(4))(l)
latch = Latch()
latch.put((l, d))
same = latch.get()
same[0].append(5)
latch.put(l)
Select([latch]).get().append(6)
print(len(l), len(d[1]), same[1] == d)
print(attempt(mitogen.spawn, [1]).error.message)
`,
			lua: `
local function add(items, x, also)
  items[#items + 1] = x
  if also then also.also[x] = items end
end
local l, d = {}, {}
mitogen.spawn(add, l, 1, mitogen.kwargs{also=d}):get_data()
router.broker:defer_sync(add, l, 2)
mitogen.utils.run_with_router(function(r, items) items[#items + 1] = 3 end, l)
mitogen.utils.with_router(function(r, items) items[#items + 1] = 4 end)(l)
local latch = Latch()
latch:put(setmetatable({l, d}, {__index = {five = 5}}))
local same = latch:get()
l[5] = same.five
latch:put(l)
local last = Select({latch}):get()
last[6] = 6
print(#l .. " " .. #d[1] .. " " .. (same[2] == d and "True" or "False"))
local ok, e = pcall(mitogen.spawn, {1})
print(e.message)
`,
			want: "6 6 True\nmitogen.spawn: argument fn: want a function, got list\n",
		},
		{
			name: "temporary routers are their own world",
			star: `
def work(r, x, k=0):
    c = r.local()
    kinds = [attempt(router.local, via=c).error.kind, attempt(mine.call, lambda v: 1, [c]).error.kind]
    return [c.context_id, c.call(lambda: x + k), c == mine, r == router] + kinds

mine = router.local()
print(mitogen.utils.run_with_router(work, 1, k=2))
print(mitogen.utils.with_router(work)(5)[1])
def bad(r):
    fail("no")

print(attempt(mitogen.utils.run_with_router, bad).error.kind)
other = mitogen.Router()
print(other.local().call(lambda: 7))
other.shutdown()
other.broker.join()
print(attempt(other.broker.defer, lambda: 1).error.kind)
late = Latch()
third = mitogen.Router(mitogen.Broker())
third.add_handler(lambda m: late.put(m.is_dead))
third.shutdown()
print(late.get())
`,
			lua: `
local mine = router:local_()
local function t(v) return v and "True" or "False" end
local function kind(f, ...) local ok, e = pcall(f, ...); return e.kind end
local function work(r, x, kw)
  local c = r:local_()
  return ('[%d, %d, %s, %s, "%s", "%s"]'):format(c.context_id, c:call(function() return x + (kw and kw.k or 0) end), t(c == mine), t(r == router),
    kind(router.local_, router, {via=c}), kind(mine.call, mine, function(v) end, {c}))
end
print(mitogen.utils.run_with_router(work, 1, mitogen.kwargs{k=2}))
print((mitogen.utils.with_router(work)(5):match(", (%d)")))
print(kind(mitogen.utils.run_with_router, function(r) error("no") end))
local other = mitogen.Router()
print(other:local_():call(function() return 7 end))
other:shutdown()
other.broker:join()
print(kind(other.broker.defer, other.broker, function() end))
local late = Latch()
local third = mitogen.Router(mitogen.Broker())
third:add_handler(function(m) late:put(m.is_dead) end)
third:shutdown()
print(t(late:get()))
`,
			want: "[1, 3, False, False, \"Error\", \"Error\"]\n5\nScriptError\n7\nError\nTrue\n",
		},
		{
			name: "at_exit runs the last first",
			star: `
mitogen.at_exit(lambda: print("first added"))
mitogen.at_exit(lambda: fail("oops"))
mitogen.at_exit(lambda: print("last added"))
print("top")
`,
			lua: `
mitogen.at_exit(function() print("first added") end)
mitogen.at_exit(function() error("oops") end)
mitogen.at_exit(function() print("last added") end)
print("top")
`,
			want: "top\nlast added\nfirst added\n",
			log:  "oops",
		},
	})
}
