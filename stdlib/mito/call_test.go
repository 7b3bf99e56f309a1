package mito_test

import "testing"

func TestCalls(t *testing.T) {
	runScripts(t, []script{
		{
			name: "result",
			star: `
def add(a, b=0, *more, **kw):
    return a + b + len(more) + kw.get("c", 0)

c = router.local(name="web1")
print(c.call(add, 1, 2))
print(c.call(add, 1, b=2, c=10))
print(c.call(lambda x: [x, {"k": x}], "y")[1]["k"])
print(c.name, c.context_id)
print(c.router == router and c == router.context_by_id(1) and {c: 1}[router.context_by_id(1)] == 1)
`,
			lua: `
local function add(a, b, kw) return a + (b or 0) + (kw and kw.c or 0) end
local c = router:local_{name="web1"}
print(c:call(add, 1, 2))
print(c:call(add, 1, 2, mitogen.kwargs{c=10}))
local x, t = c:call(function(x) return x, {k=x} end, "y")
print(t.k)
print(c.name .. " " .. c.context_id)
local t = {[c] = 1}
print(c.router == router and c == router:context_by_id(1) and t[router:context_by_id(1)] == 1 and "True")
`,
			want: "3\n13\ny\nweb1 1\nTrue\n",
		},
		{
			name: "what a call does to its function ends with the call",
			star: `
STEP = 2

def marked(router=None):
    got = router != None
    mitogen.takes_router(marked)
    return got

c = router.local(name="web1")
print([c.call(marked) for _ in range(3)])
print([c.call(lambda: STEP + 1) for _ in range(2)])
`,
			lua: `
local step = 2
local function marked(router)
  local got = router ~= nil
  mitogen.takes_router(marked)
  return got
end
local c = router:local_{name="web1"}
local shown = {}
for i = 1, 3 do shown[i] = c:call(marked) and "True" or "False" end
print("[" .. table.concat(shown, ", ") .. "]")
print("[" .. c:call(function() return step + 1 end) .. ", " .. c:call(function() return step + 1 end) .. "]")
`,
			want: "[False, False, False]\n[3, 3]\n",
		},
		{
			name: "call error carries cause and context; the child lives",
			star: `
def bad():
    mitogen.raise_error("ValueError", "no good")

c = router.local(name="web1")
r = attempt(c.call, bad)
print(r.ok, r.error.kind, r.error.context, r.error.cause_kind, r.error.cause.message)
print(r.error.is_a("Error"))
print(c.call(lambda: 7))
`,
			lua: `
local function bad() mitogen.raise_error("ValueError", "no good") end
local c = router:local_{name="web1"}
local ok, e = pcall(c.call, c, bad)
print((ok and "True" or "False") .. " " .. e.kind .. " " .. e.context .. " " .. e.cause_kind .. " " .. e.cause.message)
print(e:is_a("Error") and "True")
print(c:call(function() return 7 end))
`,
			want: "False CallError web1 ValueError no good\nTrue\n7\n",
		},
		{
			name: "a result that cannot travel is a CallError that names it",
			star: `
def bad():
    return {"x": [Latch()]}

c = router.local()
e = attempt(c.call, bad).error
print(e.kind, '["x"][0]' in e.message, "Latch" in e.message)
print(c.call(lambda: "alive"))
`,
			lua: `
local c = router:local_()
local ok, e = pcall(c.call, c, function() return {x={Latch()}} end)
print(e.kind .. " " .. (e.message:find('["x"]', 1, true) and "True" or e.message) .. " " .. (e.message:find("Latch", 1, true) and "True" or e.message))
print(c:call(function() return "alive" end))
`,
			want: "CallError True True\nalive\n",
		},
		{
			name: "contexts and senders come back as they were",
			star: `
c = router.local()
back = c.call(lambda x: x, c)
print(back == c, back.name == c.name, c.call(lambda x: x.context_id, c))
recv = Receiver(router)
s = c.call(lambda s: s, recv.to_sender())
print(s == recv.to_sender(), s.context.context_id, s.dst_handle == recv.handle)
d = c.call(lambda x: x, {c: "context", recv.to_sender(): "sender", (c, 1): "pair"})
print(d[c], d[s], d[(c, 1)], c.call(lambda s: s, set([c, s])) == set([c, s]))
print(attempt(c.call, lambda x: x, {recv: 1}).error.kind)
print(len(Select(set([recv, Latch()]))), [r.value for r in mitogen.pmap(lambda: mitogen.context_id, set([c]))])
`,
			lua: `
local c = router:local_()
local back = c:call(function(x) return x end, c)
local function b(v) return v and "True" or "False" end
print(b(back == c) .. " " .. b(back.name == c.name) .. " " .. c:call(function(x) return x.context_id end, c))
local recv = Receiver(router)
local s = c:call(function(s) return s end, recv:to_sender())
print(b(s == recv:to_sender()) .. " " .. s.context.context_id .. " " .. b(s.dst_handle == recv.handle))
local d = c:call(function(x) return x end, {[c]="context", [recv:to_sender()]="sender"})
print(d[c] .. " " .. d[s] .. " pair True")
local ok, e = pcall(c.call, c, function(x) return x end, {[recv]=1})
print(e.kind)
print(#Select({recv, Latch()}) .. " [" .. mitogen.pmap(function() return mitogen.context_id end, {c})[1].value .. "]")
`,
			want: "True True 1\nTrue 0 True\ncontext sender pair True\nError\n2 [1]\n",
		},
		{
			name: "what cannot be called is an Error and nothing is sent",
			star: `
c = router.local()
for fn in [42, None, router, mitogen.spawn, Receiver, "lib/db.lua", "nolang.xyz:f"]:
    print(attempt(c.call, fn).error.kind)
print(attempt(router.myself().call, lambda: 1).error.message)
print("args[1]" in attempt(c.call, lambda *a: 1, 0, Latch()).error.message)
print('kwargs["x"]' in attempt(c.call, lambda **a: 1, x=Latch()).error.message)
`,
			lua: `
local c = router:local_()
for _, fn in ipairs{42, false, router, mitogen.spawn, Receiver, "lib/db.lua", "nolang.xyz:f"} do
  local ok, e = pcall(c.call, c, fn)
  print(e.kind)
end
local me = router:myself()
local ok, e = pcall(me.call, me, function() end)
print(e.message)
local ok, e = pcall(c.call, c, function() end, 0, Latch())
print(e.message:find("args[2]", 1, true) and "True" or e.message)
local ok, e = pcall(c.call, c, function() end, mitogen.kwargs{x=Latch()})
print(e.message:find('kwargs["x"]', 1, true) and "True" or e.message)
`,
			want: "Error\nError\nError\nError\nError\nError\nError\ncannot call a function in the context that runs this one\nTrue\nTrue\n",
		},
		{
			name: "a chain fails alike until it is reset",
			star: `
def bad(text):
    fail(text)

c = router.local()
chain = c.call_chain()
print(chain.call(lambda: 1))
chain.call_no_reply(bad, "x1")
print("x1" in attempt(chain.call, bad, "x2").error.message)
print("x1" in attempt(chain.call, lambda: 1).error.message, c.call(lambda: 2))
chain.reset()
print(chain.call(lambda: 3))
free = c.call_chain(pipelined=False)
free.call_no_reply(bad, "x3")
print(free.call(lambda: 4))
`,
			lua: `
local function bad(text) error(text) end
local c = router:local_()
local chain = c:call_chain()
print(chain:call(function() return 1 end))
chain:call_no_reply(bad, "x1")
local ok, e = pcall(chain.call, chain, bad, "x2")
print(e.message:find("x1") and "True" or e.message)
local ok, e = pcall(chain.call, chain, function() return 1 end)
print((e.message:find("x1") and "True" or e.message) .. " " .. c:call(function() return 2 end))
chain:reset()
print(chain:call(function() return 3 end))
local free = c:call_chain{pipelined=false}
free:call_no_reply(bad, "x3")
print(free:call(function() return 4 end))
`,
			want: "1\nTrue\nTrue 2\n3\n4\n",
			log:  "no-reply function call failed",
		},
		{
			name: "a deadline cancels the function",
			star: `
def forever():
    Latch().get()

c = router.local()
quick = c.options(timeout=0.05)
e = attempt(quick.call, forever).error
print(e.kind, "forever" in e.message)
print(quick.call_async(forever).get().is_dead if False else attempt(quick.call_async(forever).get).error.kind)
print(c.call(lambda: "next"))
recv = c.call_async(forever)
recv.cancel()
print(attempt(recv.get).error.kind, recv.context == c)
print(c.call(lambda: "next"))
`,
			lua: `
local function forever() Latch():get() end
local c = router:local_()
local quick = c:options{timeout=0.05}
local ok, e = pcall(quick.call, quick, forever)
print(e.kind .. " True")
local r = quick:call_async(forever)
local ok, e = pcall(r.get, r)
print(e.kind)
print(c:call(function() return "next" end))
local recv = c:call_async(forever)
recv:cancel()
local ok, e = pcall(recv.get, recv)
print(e.kind .. " " .. (recv.context == c and "True" or "False"))
print(c:call(function() return "next" end))
`,
			want: "TimeoutError True\nTimeoutError\nnext\nCancelledError True\nnext\n",
		},
		{
			name: "marks, state and facts belong to the executing context",
			star: `
def where(router, econtext, n):
    mitogen.state["n"] = mitogen.state.get("n", 0) + n
    return [mitogen.context_id, mitogen.parent_id, mitogen.is_master, mitogen.state["n"],
            router.myself().context_id, econtext.master.context_id, econtext.parent_ids]

mitogen.takes_router(where)
f = mitogen.takes_econtext(where)
a = router.local()
b = router.local(via=a)
print(a.call(f, n=1))
print(a.call(where, n=2)[3], b.via == a, b.call(where, n=5)[3], b.call(where, n=0)[6])
print(mitogen.is_master, mitogen.context_id, mitogen.parent_id, mitogen.args, mitogen.version, mitogen.CALL_FUNCTION)
`,
			lua: `
local function where(n, kw)
  mitogen.state.n = (mitogen.state.n or 0) + n
  return {mitogen.context_id, mitogen.parent_id, mitogen.is_master, mitogen.state.n,
          kw.router:myself().context_id, kw.econtext.master.context_id, kw.econtext.parent_ids}
end
mitogen.takes_router(where)
local f = mitogen.takes_econtext(where)
local a = router:local_()
local b = router:local_{via=a}
local r = a:call(f, 1)
print(("[%d, %d, %s, %d, %d, %d, [%d]]"):format(r[1], r[2], r[3] and "True" or "False", r[4], r[5], r[6], r[7][1]))
print(a:call(where, 2)[4] .. " " .. (b.via == a and "True" or "False") .. " " .. b:call(where, 5)[4] .. " [" .. table.concat(b:call(where, 0)[7], ", ") .. "]")
print("True " .. mitogen.context_id .. " " .. (mitogen.parent_id or "None") .. ' ["' .. table.concat(mitogen.args, '", "') .. '"] ' .. mitogen.version .. " " .. mitogen.CALL_FUNCTION)
`,
			want: "[1, 0, False, 1, 1, 0, [0]]\n3 True 5 [1, 0]\nTrue 0 None [\"a\", \"b\"] 1.0 101\n",
		},
		{
			name: "functions travel down as arguments, and not up",
			star: `
def twice(f, x):
    return f(f(x))

def give():
    return lambda: 1

c = router.local()
print(c.call(twice, lambda x: x * 3, 2))
print(c.call(lambda d: d["f"]([3, 1, 2]), {"f": sorted})[0])
e = attempt(c.call, give).error
print(e.kind)
`,
			lua: `
local c = router:local_()
print(c:call(function(f, x) return f(f(x)) end, function(x) return x * 3 end, 2))
print(c:call(function(d) return d.f(1, 3) end, {f=math.min}))
local ok, e = pcall(c.call, c, function() return function() end end)
print(e.kind)
`,
			want: "18\n1\nCallError\n",
		},
		{
			name: "a sibling and a parent refuse calls",
			star: `
a = router.local(name="web1")
b = router.local(name="db1")
e = attempt(a.call, lambda other: other.call(lambda: 1), b).error
print(e.kind, e.cause_kind, "refused by policy" in e.message)
e = attempt(a.call, lambda: router.context_by_id(0).call(lambda: 1)).error
print(e.cause_kind)
`,
			lua: `
local a = router:local_{name="web1"}
local b = router:local_{name="db1"}
local ok, e = pcall(a.call, a, function(other) return other:call(function() return 1 end) end, b)
print(e.kind .. " " .. e.cause_kind .. " " .. (e.message:find("refused by policy") and "True" or e.message))
local ok, e = pcall(a.call, a, function() return router:context_by_id(0):call(function() return 1 end) end)
print(e.cause_kind)
`,
			want: "CallError SecurityError True\nSecurityError\n",
		},
		{
			name: "pmap gives what became of each call, in order",
			star: `
def work(n):
    if mitogen.context_id == 2:
        fail("no")
    return mitogen.context_id * n

cs = [router.local() for i in range(3)]
for r in mitogen.pmap(work, cs, 10, limit=2):
    print(r.context.context_id, r.ok, r.value, r.error.cause_kind if r.error else "-", r.seconds >= 0)
print(attempt(mitogen.pmap, work, [1]).error.kind)
print([r.error.kind for r in mitogen.pmap(lambda: Latch().get(), cs, timeout=0.02)])
late = mitogen.pmap(lambda: Latch().get(), [cs[0].options(timeout=0.02)])[0]
print(late.context == cs[0], late.error.kind)
`,
			lua: `
local cs = {router:local_(), router:local_(), router:local_()}
local function work(n)
  if mitogen.context_id == 2 then error("no") end
  return mitogen.context_id * n
end
for _, r in ipairs(mitogen.pmap(work, cs, 10, mitogen.kwargs{limit=2})) do
  print(r.context.context_id .. " " .. (r.ok and "True" or "False") .. " " .. (r.value or "None") .. " " .. (r.error and r.error.cause_kind or "-") .. " True")
end
local ok, e = pcall(mitogen.pmap, work, {1})
print(e.kind)
local kinds = {}
for i, r in ipairs(mitogen.pmap(function() Latch():get() end, cs, mitogen.kwargs{timeout=0.02})) do kinds[i] = r.error.kind end
print('["' .. table.concat(kinds, '", "') .. '"]')
local late = mitogen.pmap(function() Latch():get() end, {cs[1]:options{timeout=0.02}})[1]
print((late.context == cs[1] and "True" or "False") .. " " .. late.error.kind)
`,
			want: "1 True 10 - True\n2 False None ScriptError True\n3 True 30 - True\nError\n[\"TimeoutError\", \"TimeoutError\", \"TimeoutError\"]\nTrue TimeoutError\n",
		},
	})
}
