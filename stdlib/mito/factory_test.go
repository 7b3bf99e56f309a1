package mito_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/interp"
)

func TestFactories(t *testing.T) {
	runScripts(t, []script{
		{
			name: "arguments are checked before anything starts",
			star: `
for f in [
    lambda: router.local(nonsense=1),
    lambda: router.ssh(),
    lambda: router.ssh("web1", port="x"),
    lambda: router.ssh("web1", ssh_args="-v"),
    lambda: router.ssh("web1", check_host_keys="maybe"),
    lambda: router.local(remote_name="a/b"),
    lambda: router.docker(),
    lambda: router.docker(container="a", image="b"),
    lambda: router.sudo(via="web1"),
    lambda: router.fork(on_fork=3),
]:
    print(attempt(f).error.kind)
print("binary_path" in attempt(router.local, python_path="python3").error.message)
print("ssh" in attempt(router.ssh_async).error.message)
`,
			lua: `
local function kind(f) local ok, e = pcall(f); return e.kind end
for _, f in ipairs{
  function() router:local_{nonsense=1} end,
  function() router:ssh() end,
  function() router:ssh{hostname="web1", port="x"} end,
  function() router:ssh("web1", {ssh_args="-v"}) end,
  function() router:ssh{hostname="web1", check_host_keys="maybe"} end,
  function() router:local_{remote_name="a/b"} end,
  function() router:docker() end,
  function() router:docker{container="a", image="b"} end,
  function() router:sudo{via="web1"} end,
  function() router:fork{on_fork=3} end,
} do print(kind(f)) end
local ok, e = pcall(router.local_, router, {python_path="python3"})
print(e.message:find("binary_path") and "True" or e.message)
local ok, e = pcall(router.ssh_async, router)
print(e.message:find("ssh") and "True" or e.message)
`,
			want: strings.Repeat("Error\n", 4) + "ValueError\n" + strings.Repeat("Error\n", 5) + "True\nTrue\n",
		},
		{
			name: "async twins, failures, cancelling",
			star: `
r = router.ssh_async("web1", name="web1")
c = r.get_data()
print(c.name, c.call(lambda: 3))
e = attempt(router.ssh, "nowhere").error
print(e.kind, attempt(router.ssh_async("nowhere").get_data).error.kind)
r = router.ssh_async("never")
r.cancel()
print(attempt(r.get_data).error.kind)
cs = [m.unpickle() for m in Select([router.local_async() for i in range(3)])]
print(len(cs), len(router.contexts()))
`,
			lua: `
local r = router:ssh_async("web1", {name="web1"})
local c = r:get_data()
print(c.name .. " " .. c:call(function() return 3 end))
local function kind(f, ...) local ok, e = pcall(f, ...); return e.kind end
local r = router:ssh_async("nowhere")
print(kind(router.ssh, router, "nowhere") .. " " .. kind(r.get_data, r))
r = router:ssh_async("never")
r:cancel()
print(kind(r.get_data, r))
local cs = {}
for m in Select({router:local_async(), router:local_async(), router:local_async()}) do cs[#cs+1] = m:unpickle() end
print(#cs .. " " .. #router:contexts())
`,
			want: "web1 3\nStreamError StreamError\nCancelledError\n3 4\n",
		},
		{
			name: "on_fork runs first",
			star: `
def first():
    mitogen.state["x"] = 1

c = router.fork(on_fork=first)
print(c.call(lambda: mitogen.state["x"]))
e = attempt(router.fork, on_fork=lambda: fail("no")).error
print(e.kind, e.is_a("StreamError"))
`,
			lua: `
local c = router:fork{on_fork=function() mitogen.state.x = 1 end}
print(c:call(function() return mitogen.state.x end))
local ok, e = pcall(router.fork, router, {on_fork=function() error("no") end})
print(e.kind .. " " .. (e:is_a("StreamError") and "True" or "False"))
`,
			want: "1\nCallError True\n",
		},
		{
			name: "routers",
			star: `
me = router.myself()
print(me.context_id, me.name, router.allocate_id(), router.max_message_size)
c = router.local(name="web1")
s = router.stream_by_id(c.context_id)
print(s.name, s.remote_id == c.context_id, router.stream_by_id(4242))
other = router.context_by_id(77, via_id=c.context_id)
print(other.context_id, other.via == c)
router.max_message_size = 4096
e = attempt(c.call, lambda x: 1, "y" * 8192).error
print(e.kind, e.message)
router.unidirectional = True
d = router.local(name="db1")
r = d.call_async(lambda: [mitogen.state.setdefault("r", Receiver(router)).to_sender()])
e = attempt(c.call, lambda s: s[0].context.send_await(Message.pickled(1, handle=s[0].dst_handle)), r.get_data()).error
print(e.cause_kind, "routing mode prevents forward" in e.message)
`,
			lua: `
local me = router:myself()
print(me.context_id .. " " .. me.name .. " " .. router:allocate_id() .. " " .. router.max_message_size)
local c = router:local_{name="web1"}
local s = router:stream_by_id(c.context_id)
local function t(v) return v and "True" or "False" end
print(s.name .. " " .. t(s.remote_id == c.context_id) .. " " .. (router:stream_by_id(4242) or "None"))
local other = router:context_by_id(77, {via_id=c.context_id})
print(other.context_id .. " " .. t(other.via == c))
router.max_message_size = 4096
local ok, e = pcall(c.call, c, function(x) return 1 end, ("y"):rep(8192))
print(e.kind .. " " .. e.message)
router.unidirectional = true
local d = router:local_{name="db1"}
local s = d:call(function() mitogen.state.r = Receiver(router); return mitogen.state.r:to_sender() end)
local ok, e = pcall(c.call, c, function(s) return s.context:send_await(Message.pickled(1, {handle=s.dst_handle})) end, s)
print(e.cause_kind .. " " .. t(e.message:find("routing mode prevents forward")))
`,
			want: "0 self 1 134217728\nweb1 True None\n77 True\nChannelError message too large (max 4096 bytes)\nSecurityError True\n",
		},
		{
			name: "cast, kinds, hidden values",
			star: `
d = mitogen.utils.cast({"a": (1, [Secret("s"), Blob("b")]), "s": struct(x=1), "f": 1.5, "n": None})
print(d["a"][0], d["a"][1][0], d["a"][1][1] == b"b", d["s"]["x"], d["f"])
d["a"].append(1)
e = attempt(mitogen.utils.cast, {"a": [0, 1, 2, Latch()]}).error
print('obj["a"][3]' in e.message)
print(mitogen.type(1), mitogen.type("x"), mitogen.type(router), mitogen.type(print), mitogen.type([]))
e = attempt(mitogen.raise_error, "MyError", "m").error
print(e.kind, e.is_a("Error"), e.message, str(Secret("x")), len(Blob("abc")))
`,
			lua: `
local d = mitogen.utils.cast({a={1, {Secret("s"), Blob("b")}}, s={x=1}, f=1.5})
print(d.a[1] .. " " .. d.a[2][1] .. " " .. (d.a[2][2] == "b" and "True" or "False") .. " " .. d.s.x .. " " .. d.f)
local ok, e = pcall(mitogen.utils.cast, {a={0, 1, Latch()}})
print(e.message:find('obj["a"][3]', 1, true) and "True" or e.message)
print(mitogen.type(1) .. " " .. mitogen.type("x") .. " " .. mitogen.type(router) .. " " .. mitogen.type(print) .. " " .. mitogen.type({}))
local ok, e = pcall(mitogen.raise_error, "MyError", "m")
print(e.kind .. " " .. (e:is_a("Error") and "True" or "False") .. " " .. e.message .. " " .. tostring(Secret("x")) .. " " .. #Blob("abc"))
`,
			want: "1 s True 1 1.5\nTrue\nint string Router function list\nMyError True m [secret] 3\n",
		},
	})
}

// TestFactoryPassesWhatWasGiven: the connector gets no defaults.
func TestFactoryPassesWhatWasGiven(t *testing.T) {
	w := newWorld(t)
	n := w.node(0, nil, "master", "main.star")
	src := `
c = router.local()
router.ssh("web1", port=22, password=Secret("x"), via=c)
router.enable_debug()
router.sudo(debug=False)
router.kubectl("pod", kubectl_args=["-n", "x"], connect_timeout=1.5)
`
	var err error
	n.host.Lock.Do(func() {
		_, err = n.language("starlark").Run(context.Background(), interp.Source{Path: "main.star", Text: []byte(src)})
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "local \nssh hostname=web1 port=22 password=[secret]\nsudo debug=false\nkubectl pod=pod kubectl_args=[-n x] connect_timeout=1.5 debug=true\n"
	if got := w.methods.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestMainIsTakenFromTheMainScriptOnly(t *testing.T) {
	for _, script := range []string{"main.star", "lib.star"} {
		w := newWorld(t)
		n := w.node(0, nil, "master", "main.star")
		var err error
		n.host.Lock.Do(func() {
			_, err = n.language("starlark").Run(context.Background(), interp.Source{Path: script, Text: []byte("def f(router):\n    pass\n\nmitogen.main(f)\n")})
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := n.rt.Main() != nil; got != (script == "main.star") {
			t.Errorf("%s: main was taken: %v", script, got)
		}
	}
}

func TestWaitEndsWithTheInterruptAndTheRouter(t *testing.T) {
	for name, end := range map[string]func(n *node){
		"interrupt": func(n *node) { n.rt.Interrupt() },
		"router":    func(n *node) { n.router.Broker().Shutdown() },
	} {
		t.Run(name, func(t *testing.T) {
			n := newWorld(t).node(0, nil, "master", "main.lua")
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			end(n)
			var err error
			n.host.Lock.Do(func() {
				_, err = n.language("lua").Run(ctx, interp.Source{Path: "main.lua", Text: []byte("mitogen.wait()")})
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
