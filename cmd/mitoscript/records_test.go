//go:build !child

package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRecordsTravelWhole: an answer and a network are in another context what they
// were at home, as results, as arguments and captured.
func TestRecordsTravelWhole(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Two", "a")
		w.Header().Add("X-Two", "b")
		echo(w, r)
	}))
	defer server.Close()
	for ext, text := range map[string]string{
		".star": `
def tell(r):
    h = r.headers
    return [type(r), r.status, r.json()["query"], h["x-TWO"], h.get("X-two"), h.get("no", "-"), "x-two" in h,
        [k for k in h if k.lower() == "x-two"], len(h) == len(h.items()), json.decode(json.encode(r))["headers"]["X-Two"],
        dict(h)["X-Two"], template.render("{{ r.headers['x-two'] }}", r = r), mitogen.utils.cast(r)["headers"]["X-Two"],
        http.get(r.url, headers = h).status]
child = router.local()
r = child.call(http.get, "URL/?q=1")
here = tell(r)
def captured():
    return tell(r)
for there in [child.call(tell, r), child.call(captured), tell(child.call(lambda r: r, r))]:
    print(there == here)
print(here)
net1 = child.call(net.cidr, "10.0.0.0/30")
print(net1.contains("10.0.0.3"), net1.hosts, child.call(lambda n: n.addresses(limit = 1), net1))
print(attempt(child.call, fs.lock, "l").error.message)
`,
		".lua": `
local function tell(r)
  local h, names = r.headers, {}
  for k, v in pairs(h) do if k:lower() == "x-two" then names[#names + 1] = k end end
  return json.encode({r.status, r:json().query, h["x-TWO"], h["X-two"], h.no == nil, names, json.decode(json.encode(r)).headers["X-Two"],
    template.render("{{ r.headers['x-two'] }}", {r = r}), mitogen.utils.cast(r).headers["X-Two"], http.get(r.url, {headers = h}).status})
end
local child = router:local_()
local r = child:call(http.get, "URL/?q=1")
local here = tell(r)
local function captured() return tell(r) end
print(child:call(tell, r) == here, child:call(captured) == here, tell(child:call(function(r) return r end, r)) == here)
print(here)
local net1 = child:call(net.cidr, "10.0.0.0/30")
print(net1:contains("10.0.0.3"), net1.hosts, child:call(function(n) return n:addresses{limit = 1} end, net1)[1])
local ok, e = pcall(child.call, child, fs.lock, "l")
print(e.message)
print(child:call(function(s) return struct{b = s.a, a = 2} end, struct{a = 1}))
`,
	} {
		want := `True
True
True
["Response", 200, "q=1", "a, b", "a, b", "-", True, ["X-Two"], True, "a, b", "a, b", "a, b", "a, b", 200]
True 4 ["10.0.0.0"]
fs.lock cannot be called in another context: its result, a lock, cannot travel
`
		if ext == ".lua" {
			want = `true	true	true
[200,"q=1","a, b","a, b",true,["X-Two"],"a, b","a, b","a, b",200]
true	4	10.0.0.0
fs.lock cannot be called in another context: its result, a lock, cannot travel
struct(b = 1, a = 2)
`
		}
		out := runText(t, ext, strings.ReplaceAll(text, "URL", server.URL), 0)
		if diff := cmp.Diff(want, out); diff != "" {
			t.Errorf("%s (-want +got):\n%s", ext, diff)
		}
	}
}
