package mito_test

import "testing"

func TestReceivers(t *testing.T) {
	runScripts(t, []script{
		{
			name: "a remote sender ends the iteration",
			star: `
def produce(s):
    for i in range(5):
        s.put(i)
    s.close()
    return "done"

c = router.local()
recv = Receiver(router)
call = c.call_async(produce, recv.to_sender())
print([msg.unpickle() for msg in recv], recv.error, call.get_data())
e = attempt(recv.get).error
print(e.kind, e.message)
print(attempt(recv.get).error.kind, attempt(recv.get, block=False).error.kind)
`,
			lua: `
local function produce(s)
  for i = 0, 4 do s:put(i) end
  s:close()
  return "done"
end
local c = router:local_()
local recv = Receiver(router)
local call = c:call_async(produce, recv:to_sender())
local got = {}
for msg in recv do got[#got+1] = msg:unpickle() end
print("[" .. table.concat(got, ", ") .. "] " .. (recv.error or "None") .. " " .. call:get_data())
local ok, e = pcall(recv.get, recv)
print(e.kind .. " " .. e.message)
local ok, e1 = pcall(recv.get, recv)
local ok, e2 = pcall(recv.get, recv, {block=false})
print(e1.kind .. " " .. e2.kind)
`,
			want: "[0, 1, 2, 3, 4] None done\nChannelError Sender was explicitly closed\nChannelError ChannelError\n",
		},
		{
			name: "closing ends the iteration of others, and all waiters",
			star: `
recv = Receiver(router)
def collect():
    return [m.unpickle() for m in recv]

def wait():
    return attempt(recv.get).error.kind

workers = [mitogen.spawn(collect)] + [mitogen.spawn(wait) for i in range(3)]
attempt(workers[0].get, timeout=0.02)
recv.close()
print([w.get_data() for w in workers])
`,
			lua: `
local recv = Receiver(router)
local function collect() local n = 0; for m in recv do n = n + 1 end; return "[" .. (n == 0 and "" or n) .. "]" end
local function wait() local ok, e = pcall(recv.get, recv); return '"' .. e.kind .. '"' end
local workers = {mitogen.spawn(collect), mitogen.spawn(wait), mitogen.spawn(wait), mitogen.spawn(wait)}
pcall(workers[1].get, workers[1], {timeout=0.02})
recv:close()
local got = {}
for i, w in ipairs(workers) do got[i] = w:get_data() end
print("[" .. table.concat(got, ", ") .. "]")
`,
			want: "[[], \"ChannelError\", \"ChannelError\", \"ChannelError\"]\n",
		},
		{
			name: "timeouts, sizes, one-shot",
			star: `
recv = Receiver(router)
print(attempt(recv.get, timeout=0.01).error.kind, attempt(recv.get, block=False).error.kind, recv.empty(), recv.size())
recv.to_sender().put([1, 2])
print(recv.empty(), recv.size(), recv.get(timeout=0).unpickle())
once = Receiver(router, persist=False)
once.to_sender().put("a")
print(once.get_data(), attempt(once.get).error.kind, attempt(once.to_sender().put, "b").error.kind)
print(attempt(Receiver, router, handle=recv.handle).error.kind)
`,
			lua: `
local recv = Receiver(router)
local function kind(f, ...) local ok, e = pcall(f, ...); return e.kind end
print(kind(recv.get, recv, {timeout=0.01}) .. " " .. kind(recv.get, recv, {block=false}) .. " " .. (recv:empty() and "True" or "False") .. " " .. recv:size())
recv:to_sender():put({1, 2})
print((recv:empty() and "True" or "False") .. " " .. recv:size() .. " [" .. table.concat(recv:get(0):unpickle(), ", ") .. "]")
local once = Receiver(router, {persist=false})
once:to_sender():put("a")
local s = once:to_sender()
print(once:get_data() .. " " .. kind(once.get, once) .. " " .. kind(s.put, s, "b"))
print(kind(Receiver, router, {handle=recv.handle}))
`,
			want: "TimeoutError TimeoutError True 0\nFalse 1 [1, 2]\na ChannelError ChannelError\nError\n",
		},
		{
			name: "a grandchild sends to the master",
			star: `
a = router.local()
b = router.local(via=a)
recv = Receiver(router)
b.call(lambda s: s.put("deep"), recv.to_sender())
msg = recv.get()
print(msg.src_id == b.context_id, msg.unpickle())
msg, data = msg
print(data, msg.handle == recv.handle, msg.dst_id, msg.is_dead, msg.router == router)
`,
			lua: `
local a = router:local_()
local b = router:local_{via=a}
local recv = Receiver(router)
b:call(function(s) s:put("deep") end, recv:to_sender())
local msg = recv:get()
local function t(v) return v and "True" or "False" end
print(t(msg.src_id == b.context_id) .. " " .. msg:unpickle())
local msg, data = msg:unpack()
print(data .. " " .. t(msg.handle == recv.handle) .. " " .. msg.dst_id .. " " .. t(msg.is_dead) .. " " .. t(msg.router == router))
`,
			want: "True deep\ndeep True 0 False True\n",
		},
		{
			name: "channels",
			star: `
def far(s):
    ch = Channel(router, s.context, s.dst_handle)
    s.put(ch.handle)
    for m in ch:
        ch.put(m.unpickle() * 2)
    return ch.error

c = router.local()
ch = Channel(router, c, None)
print(ch.dst_handle, attempt(ch.put, 1).error.kind)
call = c.call_async(far, ch.to_sender())
ch.dst_handle = ch.get_data()
ch.put(21)
print(ch.get_data(), ch.context == c)
ch.close()
print(call.get_data(), attempt(ch.get).error.kind)
other = Channel(router, c, 5)
other.handle = 5555
print(other.handle, other.dst_handle)
Sender(router.myself(), 5555).put("moved")
print(other.get_data())
`,
			lua: `
local function far(s)
  local ch = Channel(router, s.context, s.dst_handle)
  s:put(ch.handle)
  for m in ch do ch:put(m:unpickle() * 2) end
  return ch.error or "None"
end
local c = router:local_()
local ch = Channel(router, c, nil)
local ok, e = pcall(ch.put, ch, 1)
print((ch.dst_handle or "None") .. " " .. e.kind)
local call = c:call_async(far, ch:to_sender())
ch.dst_handle = ch:get_data()
ch:put(21)
print(ch:get_data() .. " " .. (ch.context == c and "True" or "False"))
ch:close()
local ok, e = pcall(ch.get, ch)
print(call:get_data() .. " " .. e.kind)
local other = Channel(router, c, 5)
other.handle = 5555
print(other.handle .. " " .. other.dst_handle)
Sender(router:myself(), 5555):put("moved")
print(other:get_data())
`,
			want: "None Error\n42 True\nNone ChannelError\n5555 5\nmoved\n",
		},
		{
			name: "a dead context",
			star: `
c = router.local()
recv = Receiver(router, respondent=c)
pending = c.call_async(lambda: Latch().get())
c.shutdown(wait=True)
e = attempt(pending.get).error
print(e.kind, e.message)
print(attempt(recv.get).error.message, recv.error.kind)
print(attempt(c.call, lambda: 1).error.message)
c.shutdown(wait=True)
`,
			lua: `
local c = router:local_()
local recv = Receiver(router, {respondent=c})
local pending = c:call_async(function() Latch():get() end)
c:shutdown{wait=true}
local function err(f, ...) local ok, e = pcall(f, ...); return e end
local e = err(pending.get, pending)
print(e.kind .. " " .. e.message)
print(err(recv.get, recv).message .. " " .. recv.error.kind)
print(err(c.call, c, function() end).message)
c:shutdown{wait=true}
`,
			want: "ChannelError the respondent Context has disconnected\nthe respondent Context has disconnected ChannelError\nno route to 1, my ID is 0\n",
		},
		{
			name: "messages",
			star: `
m = Message()
print(m.dst_id, m.handle, m.reply_to, m.src_id, m.auth_id, m.data == b"", m.is_dead, m.router, m.receiver)
m = Message.pickled({"a": 1}, handle=7, dst_id=0)
print(m.unpickle()["a"], m.handle, m.dst_id)
m.reply_to = mitogen.IS_DEAD
print(m.is_dead, attempt(m.unpickle).error.kind, m.unpickle(throw=False).kind)
print(attempt(Message, nonsense=1).error.kind, attempt(Message, data=1).error.kind)

def echo(msg):
    msg.reply(msg.unpickle() + 1)

handle = router.add_handler(echo)
print(router.myself().send_await(Message.pickled(1, handle=handle)))
c = router.local()
print(c.call(lambda h: router.context_by_id(0).send_await(Message.pickled(41, handle=h)), handle))
router.del_handler(handle)
print(attempt(router.del_handler, handle).error.kind)
e = attempt(router.myself().send_await, Message.pickled(1, handle=999999)).error
print(e.kind, e.message)
print(attempt(c.send_await, Message(handle=12345), deadline=5).error.message)
r = c.send_async(Message.pickled(1, handle=12345))
print(attempt(r.get_data).error.kind)
`,
			lua: `
local function s(v) if v == nil then return "None" elseif v == true then return "True" elseif v == false then return "False" end return tostring(v) end
local function err(f, ...) local ok, e = pcall(f, ...); return e end
local function p(...) local t = {}; for i = 1, select("#", ...) do t[i] = s((select(i, ...))) end print(table.concat(t, " ")) end
local m = Message()
p(m.dst_id, m.handle, m.reply_to, m.src_id, m.auth_id, m.data == "", m.is_dead, m.router, m.receiver)
m = Message.pickled({a=1}, {handle=7, dst_id=0})
p(m:unpickle().a, m.handle, m.dst_id)
m.reply_to = mitogen.IS_DEAD
p(m.is_dead, err(m.unpickle, m).kind, m:unpickle{throw=false}.kind)
p(err(Message, {nonsense=1}).kind, err(Message, {data=1}).kind)
local handle = router:add_handler(function(msg) msg:reply(msg:unpickle() + 1) end)
local me = router:myself()
p(me:send_await(Message.pickled(1, {handle=handle})))
local c = router:local_()
p(c:call(function(h) return router:context_by_id(0):send_await(Message.pickled(41, {handle=h})) end, handle))
router:del_handler(handle)
p(err(router.del_handler, router, handle).kind)
local e = err(me.send_await, me, Message.pickled(1, {handle=999999}))
p(e.kind, e.message)
p(err(c.send_await, c, Message{handle=12345}, {deadline=5}).message)
local r = c:send_async(Message.pickled(1, {handle=12345}))
p(err(r.get_data, r).kind)
`,
			want: "None None None 0 0 True False None None\n1 7 0\nTrue ChannelError ChannelError\nError Error\n2\n42\nValueError\nChannelError invalid handle\ninvalid handle\nChannelError\n",
		},
	})
}

func TestLatches(t *testing.T) {
	runScripts(t, []script{
		{
			name: "put, get, close",
			star: `
l = Latch()
print(l.empty(), attempt(l.get, block=False).error.kind, attempt(l.get, timeout=0).error.kind)
l.put("x")
print(l.empty(), l.size(), l.get(block=False))
l.put(1)
l.close()
l.close()
for f in [l.get, lambda: l.get(block=False), lambda: l.get(timeout=0), lambda: l.put(1), l.empty, l.size]:
    print(attempt(f).error.kind)
`,
			lua: `
local l = Latch()
local function kind(f, ...) local ok, e = pcall(f, ...); return e.kind end
local function t(v) return v and "True" or "False" end
print(t(l:empty()) .. " " .. kind(l.get, l, {block=false}) .. " " .. kind(l.get, l, {timeout=0}))
l:put("x")
print(t(l:empty()) .. " " .. l:size() .. " " .. l:get{block=false})
l:put(1)
l:close()
l:close()
for _, f in ipairs{function() l:get() end, function() l:get{block=false} end, function() l:get{timeout=0} end, function() l:put(1) end, function() l:empty() end, function() l:size() end} do
  print(kind(f))
end
`,
			want: "True TimeoutError TimeoutError\nFalse 1 x\nLatchError\nLatchError\nLatchError\nLatchError\nLatchError\nLatchError\n",
		},
		{
			name: "close wakes all who sleep",
			star: `
l = Latch()
def sleep():
    return attempt(l.get).error.kind

workers = [mitogen.spawn(sleep) for i in range(5)]
attempt(workers[0].get, timeout=0.02)
l.close()
print(Select.all(workers))
`,
			lua: `
local l = Latch()
local function sleep() local ok, e = pcall(l.get, l); return e.kind end
local workers = {}
for i = 1, 5 do workers[i] = mitogen.spawn(sleep) end
pcall(workers[1].get, workers[1], {timeout=0.02})
l:close()
print('["' .. table.concat(Select.all(workers), '", "') .. '"]')
`,
			want: "[\"LatchError\", \"LatchError\", \"LatchError\", \"LatchError\", \"LatchError\"]\n",
		},
	})
}
