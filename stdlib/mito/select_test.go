package mito_test

import "testing"

func TestSelects(t *testing.T) {
	runScripts(t, []script{
		{
			name: "members, truth, emptiness",
			star: `
def check(make, post):
    s = Select()
    print(bool(s), len(s), s.empty(), s.size())
    m = make()
    s.add(m)
    print(bool(s), len(s), s.empty())
    post(m)
    print(bool(s), s.empty(), s.size())
    s.get()
    print(bool(s), len(s), s.empty())

check(Latch, lambda l: l.put(1))
check(lambda: Receiver(router), lambda r: r.to_sender().put(1))
`,
			lua: `
local function t(v) return v and "True" or "False" end
local function check(make, post)
  local s = Select()
  print(t(#s > 0) .. " " .. #s .. " " .. t(s:empty()) .. " " .. s:size())
  local m = make()
  s:add(m)
  print(t(#s > 0) .. " " .. #s .. " " .. t(s:empty()))
  post(m)
  print(t(#s > 0) .. " " .. t(s:empty()) .. " " .. s:size())
  s:get()
  print(t(#s > 0) .. " " .. #s .. " " .. t(s:empty()))
end
check(Latch, function(l) l:put(1) end)
check(function() return Receiver(router) end, function(r) r:to_sender():put(1) end)
`,
			want: "False 0 True 0\nTrue 1 True\nTrue False 1\nFalse 0 True\nFalse 0 True 0\nTrue 1 True\nTrue False 1\nFalse 0 True\n",
		},
		{
			name: "misuse",
			star: `
s = Select()
e = attempt(s.get).error
print(e.kind, e.message)
print(attempt(s.get, timeout=1.0).error.message)
print(attempt(s.add, s).error.message)
s1 = Select([Select([s])])
print(attempt(s.add, s1).error.message)
r = Receiver(router)
print(attempt(s.remove, r).error.message)
s.add(r)
print(attempt(Select, [r]).error.kind)
s.remove(r)
print(len(s), len(Select([r])))
Select().close()
`,
			lua: `
local function err(f, ...) local ok, e = pcall(f, ...); return e end
local s = Select()
local e = err(s.get, s)
print(e.kind .. " " .. e.message)
print(err(s.get, s, {timeout=1.0}).message)
print(err(s.add, s, s).message)
local s1 = Select({Select({s})})
print(err(s.add, s, s1).message)
local r = Receiver(router)
print(err(s.remove, s, r).message)
s:add(r)
print(err(Select, {r}).kind)
s:remove(r)
print(#s .. " " .. #Select({r}))
Select():close()
`,
			want: `
Error Cannot get(), Select instance is empty
Cannot get(), Select instance is empty
Adding this Select instance would create a Select cycle
Adding this Select instance would create a Select cycle
Instance is not a member of this Select
Error
0 1
`,
		},
		{
			name: "buffered items, stale items, oneshot=False",
			star: `
l = Latch()
l.put(1)
l.put(2)
s = Select([l], oneshot=False)
print(s.get(), s.get(), attempt(s.get, block=False).error.kind, len(s))
l.put(3)
l.get()
print(attempt(s.get, timeout=0).error.kind)
r = Receiver(router)
s.add(r)
r.to_sender().put("m")
source, data = s.get_event()
print(source == r, data.unpickle(), data.receiver == r)
l.put("v")
ev = s.get_event()
print(ev.source == l, ev.data)
inner = Select([Latch()])
outer = Select([inner])
outer.close()
print(len(inner), len(outer))
`,
			lua: `
local function kind(f, ...) local ok, e = pcall(f, ...); return e.kind end
local function t(v) return v and "True" or "False" end
local l = Latch()
l:put(1)
l:put(2)
local s = Select({l}, {oneshot=false})
print(s:get() .. " " .. s:get() .. " " .. kind(s.get, s, {block=false}) .. " " .. #s)
l:put(3)
l:get()
print(kind(s.get, s, {timeout=0}))
local r = Receiver(router)
s:add(r)
r:to_sender():put("m")
local source, data = s:get_event():unpack()
print(t(source == r) .. " " .. data:unpickle() .. " " .. t(data.receiver == r))
l:put("v")
local ev = s:get_event()
print(t(ev.source == l) .. " " .. ev.data)
local inner = Select({Latch()})
local outer = Select({inner})
outer:close()
print(#inner .. " " .. #outer)
`,
			want: "1 2 TimeoutError 1\nTimeoutError\nTrue m True\nTrue v\n1 0\n",
		},
		{
			name: "results come in the order of their making",
			star: `
def slow(gate, n):
    if gate:
        r = Receiver(router)
        gate.put(r.to_sender())
        r.get()
    return n

a = router.local()
b = router.local()
one = [a.call_async(slow, None, n) for n in range(3)]
print(Select.all(one))
gate = Receiver(router)
calls = [a.call_async(slow, gate.to_sender(), "a"), b.call_async(slow, None, "b")]
got = []
for msg in Select(calls):
    got.append(msg.unpickle())
    print(msg.receiver.context == (b if len(got) == 1 else a))
    if len(got) == 1:
        gate.get_data().put("go")
print(got)
`,
			lua: `
local function slow(gate, n)
  if gate and gate ~= mitogen.null then
    local r = Receiver(router)
    gate:put(r:to_sender())
    r:get()
  end
  return n
end
local a = router:local_()
local b = router:local_()
local one = {}
for n = 0, 2 do one[#one+1] = a:call_async(slow, false, n) end
print("[" .. table.concat(Select.all(one), ", ") .. "]")
local gate = Receiver(router)
local calls = {a:call_async(slow, gate:to_sender(), "a"), b:call_async(slow, false, "b")}
local got = {}
for msg in Select(calls) do
  got[#got+1] = msg:unpickle()
  local want = #got == 1 and b or a
  print(msg.receiver.context == want and "True" or "False")
  if #got == 1 then gate:get_data():put("go") end
end
print('["' .. table.concat(got, '", "') .. '"]')
`,
			want: "[0, 1, 2]\nTrue\nTrue\n[\"b\", \"a\"]\n",
		},
		{
			name: "the first error is raised with its context",
			star: `
def bad():
    fail("no")

a = router.local(name="web1")
b = router.local(name="db1")
e = attempt(Select.all, [a.call_async(lambda: Latch().get(timeout=0.1) if False else 1), b.call_async(bad)]).error
print(e.kind, e.context)
pending = b.call_async(lambda: Latch().get())
s = Select([pending], oneshot=False)
b.shutdown()
msg = s.get()
print(msg.is_dead, attempt(msg.unpickle).error.kind, len(s))
`,
			lua: `
local a = router:local_{name="web1"}
local b = router:local_{name="db1"}
local ok, e = pcall(Select.all, {a:call_async(function() return 1 end), b:call_async(function() error("no") end)})
print(e.kind .. " " .. e.context)
local pending = b:call_async(function() Latch():get() end)
local s = Select({pending}, {oneshot=false})
b:shutdown()
local msg = s:get()
local ok, e = pcall(msg.unpickle, msg)
print((msg.is_dead and "True" or "False") .. " " .. e.kind .. " " .. #s)
`,
			want: "CallError db1\nTrue ChannelError 0\n",
		},
		{
			name: "close wakes who sleeps",
			star: `
s = Select([Latch()])
w = mitogen.spawn(lambda: attempt(s.get).error.kind)
attempt(w.get, timeout=0.02)
s.close()
# It slept, or came too late and found nothing to wait for.
print(w.get_data() in ("LatchError", "Error"))
nested = Select([Select([Latch()]), Latch()])
print(attempt(nested.get, timeout=0.01).error.kind)
`,
			lua: `
local s = Select({Latch()})
local w = mitogen.spawn(function() local ok, e = pcall(s.get, s); return e.kind end)
pcall(w.get, w, {timeout=0.02})
s:close()
local kind = w:get_data()
print((kind == "LatchError" or kind == "Error") and "True" or kind)
local nested = Select({Select({Latch()}), Latch()})
local ok, e = pcall(nested.get, nested, {timeout=0.01})
print(e.kind)
`,
			want: "True\nTimeoutError\n",
		},
	})
}
