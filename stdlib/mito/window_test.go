package mito_test

import "testing"

func TestWindows(t *testing.T) {
	runScripts(t, []script{
		{
			name: "senders wait, take turns, and all of it arrives",
			star: `
def produce(s, name):
    for i in range(50):
        s.put(name * 98)
    return "done"

a = router.local()
b = router.local(via=a)
recv = Receiver(router, window=1000)
calls = [a.call_async(produce, recv.to_sender(), "a"), b.call_async(produce, recv.to_sender(), "b")]
most = 0
for i in range(100):
    recv.get()
    most = max(most, recv.size())
print(most <= 10, recv.empty(), [c.get_data() for c in calls])
`,
			lua: `
local function produce(s, name)
  for i = 1, 50 do s:put(string.rep(name, 98)) end
  return "done"
end
local a = router:local_()
local b = router:local_{via=a}
local recv = Receiver(router, {window=1000})
local calls = {a:call_async(produce, recv:to_sender(), "a"), b:call_async(produce, recv:to_sender(), "b")}
local most = 0
for i = 1, 100 do
  recv:get()
  most = math.max(most, recv:size())
end
local function t(v) return v and "True" or "False" end
print(t(most <= 10) .. " " .. t(recv:empty()) .. ' ["' .. calls[1]:get_data() .. '", "' .. calls[2]:get_data() .. '"]')
`,
			want: "True True [\"done\", \"done\"]\n",
		},
		{
			name: "a script that waits for room can be read by another, cancelled, and woken by close",
			star: `
recv = Receiver(router, window=10)
s = recv.to_sender()
s.put("123456789")
def put():
    e = attempt(s.put, "second").error
    return e.kind if e else "put"

w = mitogen.spawn(put)
print(attempt(w.get, timeout=0.02).error.kind, recv.size(), recv.get_data(), w.get_data(), recv.get_data())

s.put("123456789")
w = mitogen.spawn(put)
attempt(w.get, timeout=0.02)
w.cancel()
print(attempt(w.get_data).error.kind, recv.get_data(), recv.empty())

Sender(router.myself(), recv.handle).put("123456789")
w = mitogen.spawn(put)
attempt(w.get, timeout=0.02)
recv.close()
print(w.get_data(), recv.get_data())
print(attempt(Receiver, router, window=-1).error.kind, attempt(Receiver, router, window="x").error.kind)
`,
			lua: `
local recv = Receiver(router, {window=10})
local s = recv:to_sender()
s:put("123456789")
local function kind(f, ...) local ok, e = pcall(f, ...); return e.kind end
local function put()
  local ok, e = pcall(s.put, s, "second")
  return ok and "put" or e.kind
end
local w = mitogen.spawn(put)
print(kind(w.get, w, {timeout=0.02}) .. " " .. recv:size() .. " " .. recv:get_data() .. " " .. w:get_data() .. " " .. recv:get_data())
s:put("123456789")
w = mitogen.spawn(put)
pcall(w.get, w, {timeout=0.02})
w:cancel()
print(kind(w.get_data, w) .. " " .. recv:get_data() .. " " .. (recv:empty() and "True" or "False"))
Sender(router:myself(), recv.handle):put("123456789")
w = mitogen.spawn(put)
pcall(w.get, w, {timeout=0.02})
recv:close()
print(w:get_data() .. " " .. recv:get_data())
print(kind(Receiver, router, {window=-1}) .. " " .. kind(Receiver, router, {window="x"}))
`,
			want: "TimeoutError 1 123456789 put second\nCancelledError 123456789 True\nChannelError 123456789\nError Error\n",
		},
		{
			name: "a far sender that waits hears of the close, and a caller's deadline ends its wait",
			star: `
def fill(s):
    for i in range(1000):
        e = attempt(s.put, "0123456789").error
        if e:
            return e.kind
    return "all"

c = router.local(via=router.local())
recv = Receiver(router, window=20)
call = c.call_async(fill, recv.to_sender())
recv.get()
recv.close()
print(call.get_data())
recv = Receiver(router, window=20)
def flood(s):
    for i in range(1000):
        s.put("0123456789")

print(attempt(c.options(timeout=0.1).call, flood, recv.to_sender()).error.kind, recv.size() <= 2)
print(c.call(lambda: "next"))
`,
			lua: `
local function fill(s)
  for i = 1, 1000 do
    local ok, e = pcall(s.put, s, "0123456789")
    if not ok then return e.kind end
  end
  return "all"
end
local c = router:local_{via=router:local_()}
local recv = Receiver(router, {window=20})
local call = c:call_async(fill, recv:to_sender())
recv:get()
recv:close()
print(call:get_data())
recv = Receiver(router, {window=20})
local function flood(s)
  for i = 1, 1000 do s:put("0123456789") end
end
local late = c:options{timeout=0.1}
local ok, e = pcall(late.call, late, flood, recv:to_sender())
print(e.kind .. " " .. (recv:size() <= 2 and "True" or "False"))
print(c:call(function() return "next" end))
`,
			want: "ChannelError\nTimeoutError True\nnext\n",
		},
	})
}
