package inventory_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/inventory"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

const iniText = `# hosts
lone ansible_connection=local
[web]
web[1:3].example ansible_user=www  # three
"quoted"
[db]
db1:2222 ansible_host=10.0.0.5 note="two words"
[site:children]
web
db
[site:vars]
ansible_port=22
tier = outer
[db:vars]
tier=inner
ansible_become=yes
`

const yamlText = `
all:
  hosts:
    lone: {ansible_connection: local}
  children:
    site:
      vars: {ansible_port: 22, tier: outer}
      children:
        web:
          hosts:
            web[1:3].example: {ansible_user: www}
            "\"quoted\"":
        db:
          vars: {tier: inner, ansible_become: "yes"}
          hosts:
            db1: {ansible_port: 2222, ansible_host: 10.0.0.5, note: two words}
`

const jsonText = `{"all": {"children": ["site"]}, "site": {"children": ["web", "db"], "vars": {"ansible_port": 22, "tier": "outer"}},
"web": ["web1.example", "web2.example", "web3.example", "\"quoted\""],
"db": {"hosts": ["db1"], "vars": {"tier": "inner", "ansible_become": "yes"}},
"_meta": {"hostvars": {"lone": {"ansible_connection": "local"}, "web1.example": {"ansible_user": "www"},
 "web2.example": {"ansible_user": "www"}, "web3.example": {"ansible_user": "www"},
 "db1": {"ansible_port": 2222, "ansible_host": "10.0.0.5", "note": "two words"}}}}`

func file(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, l inventory.Loader, sources ...string) *inventory.Inventory {
	t.Helper()
	inv, err := l.Load(context.Background(), sources)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// picture tells all of an inventory, whatever the order of its hosts.
func picture(inv *inventory.Inventory) string {
	var lines []string
	for _, name := range []string{"lone", "web1.example", "web2.example", "web3.example", `"quoted"`, "db1"} {
		h := inv.Host(name)
		if h == nil {
			return "no " + name
		}
		line := fmt.Sprint(h.Name, h.Groups)
		for _, v := range []string{"ansible_connection", "ansible_user", "ansible_port", "ansible_host", "note", "tier", "ansible_become"} {
			got, _ := h.Vars.Get(v)
			line += fmt.Sprintf(" %v", got)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestFormatsMeanTheSame(t *testing.T) {
	ini := load(t, inventory.Loader{}, file(t, "hosts", iniText, 0o644))
	want := picture(ini)
	for _, line := range []string{"db1[db site] <nil> <nil> 2222 10.0.0.5 two words inner yes", "lone[ungrouped] local", "web2.example[site web] <nil> www 22 <nil> <nil> outer"} {
		if !strings.Contains(want, line) {
			t.Errorf("got\n%s\nwithout %s", want, line)
		}
	}
	program := file(t, "program", "#!/bin/sh\ncat <<'E'\n"+jsonText+"\nE\n", 0o755)
	for _, source := range []string{file(t, "hosts.yml", yamlText, 0o644), program} {
		if got := picture(load(t, inventory.Loader{}, source)); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", source, got, want)
		}
	}
}

func namesOf(hosts []*inventory.Host) string {
	var names []string
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	return strings.Join(names, " ")
}

func TestOtherSources(t *testing.T) {
	config := file(t, "config", "Host web1 web2\n  User x\nHost *.example !bad\nhost=db\n", 0o644)
	script := file(t, "hosts.star", "", 0o644)
	l := inventory.Loader{SSHConfig: config, Script: func(context.Context, string) (value.Value, error) {
		d := &value.Dict{}
		vars := &value.Dict{}
		vars.Append("ansible_port", int64(7))
		d.Append("s1", vars)
		d.Append("s[2:3]", nil)
		return d, nil
	}}
	for _, test := range []struct {
		sources []string
		want    string
	}{
		{nil, "web1 web2 db"},
		{[]string{config}, "web1 web2 db"},
		{[]string{"a,b[1:2],"}, "a b1 b2"},
		{[]string{"a[08-10],b[1:2]x[1:2],"}, "a08 a09 a10 b1x1 b1x2 b2x1 b2x2"},
		{[]string{script, "z,"}, "s1 s2 s3 z"},
	} {
		if got := namesOf(load(t, l, test.sources...).Hosts()); got != test.want {
			t.Errorf("%v: got %s, want %s", test.sources, got, test.want)
		}
	}
	for source, want := range map[string]string{
		"/nonexistent":                                            "cannot be read",
		file(t, "bad", "[web\nx", 0o644):                          "line 1",
		file(t, "bad", "x y", 0o644):                              "line 1: want name=value",
		file(t, "bad", "x[5:1]", 0o644):                           "is no range",
		file(t, "bad", "[a:children]\nb\n[b:children]\na", 0o644): "contains itself",
		file(t, "bad.yml", "all: [x]", 0o644):                     "want a mapping",
		file(t, "bad", "#!/bin/sh\necho no >&2; exit 3", 0o755):   "no",
	} {
		_, err := l.Load(context.Background(), []string{source})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "inventory "+source) {
			t.Errorf("%s: got %v", source, err)
		}
	}
}

func TestPatterns(t *testing.T) {
	inv := load(t, inventory.Loader{}, file(t, "hosts", iniText, 0o644), "node[1:60],", file(t, "racks", "[rack1]\nr1\n[rack2]\nr2\n", 0o644))
	list := file(t, "list", "# some\nweb1.example\ndb\n", 0o644)
	last := inventory.Last{Failed: []string{"db1", "gone"}, Unreachable: []string{"node7"}}
	for pattern, want := range map[string]string{
		"web":               `web1.example web2.example web3.example "quoted"`,
		"db,lone":           "lone db1",
		"db:lone":           "lone db1",
		"site:&db":          "db1",
		"site:!web":         "db1",
		"web*:!web2*":       `web1.example web3.example "quoted"`,
		`~web[12]\.`:        "web1.example web2.example",
		"node[9-11]":        "node9 node10 node11",
		"node[58-99]":       "node58 node59 node60",
		"web[1-2]*":         "web1.example web2.example",
		"db[1-2],rack[1-2]": "db1 r1 r2",
		"web[0]":            "web1.example",
		"web[1:2]":          "web2.example web3.example",
		"web[-1]":           `"quoted"`,
		"@" + list:          "web1.example db1",
		"@failed":           "db1",
		"@unreachable,lone": "lone node7",
		"all:&~node1$":      "node1",
	} {
		hosts, err := inv.Select(pattern, last)
		if err != nil || namesOf(hosts) != want {
			t.Errorf("%s: got %s, %v; want %s", pattern, namesOf(hosts), err, want)
		}
	}
	for _, pattern := range []string{",", " : ", "!", "web,&", "nobody", "web,nobody", "web:!web", "~(", "@/nonexistent", "node[5-"} {
		if hosts, err := inv.Select(pattern, last); err == nil {
			t.Errorf("%s: got %s", pattern, namesOf(hosts))
		}
	}
}

// told is a plan in one line.
func told(steps []inventory.Step) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteString(s.Method)
		for _, it := range s.Opts.Items() {
			v := it.Value
			if secret, ok := v.(value.Secret); ok {
				v = "secret:" + secret.Text()
			}
			fmt.Fprintf(&b, " %v=%v", it.Key, v)
		}
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func TestPlans(t *testing.T) {
	inv := load(t, inventory.Loader{}, file(t, "hosts", `
plain
full ansible_host=10.1.1.1 ansible_port=2200 ansible_user=ann ansible_ssh_private_key_file=/k ansible_password=p ansible_become=true ansible_become_user=bob ansible_become_method=su ansible_become_password=q
here ansible_connection=local
tool ansible_connection=local ansible_become=yes ansible_become_exe=/opt/sudo ansible_become_flags="-H -n"
asked ansible_connection=local ansible_become=yes ansible_become_flags="-H -n" ansible_become_password=q
box ansible_connection=docker ansible_host=c1 ansible_user=app
pod ansible_connection=containers.podman.podman ansible_become=yes ansible_become_method=community.general.doas
far ansible_ssh_common_args='-o ProxyCommand="ssh -W %h:%p -q a@bastion" -4'
badport ansible_port=ssh
badport2 ansible_port=70000
badargs ansible_ssh_common_args='-o "x'
odd ansible_connection=telnet
`, 0o644))
	secret, err := value.NewSecret("typed")
	if err != nil {
		t.Fatal(err)
	}
	flags := inventory.Connection{User: "root", Port: 22, SSHConfig: "/cfg", Password: &secret, SSHArgs: []string{"-v"}, Timeout: 5,
		Become: inventory.Become{On: true, Method: "doas"}}
	for _, test := range []struct {
		host string
		conn inventory.Connection
		want string
	}{
		{"plain", inventory.Connection{}, "ssh name=plain hostname=plain"},
		{"full", inventory.Connection{}, "ssh name=full hostname=10.1.1.1 username=ann port=2200 identity_file=/k password=secret:p; su name=full username=bob password=secret:q"},
		{"full", inventory.Connection{Become: inventory.Become{Off: true}}, "ssh name=full hostname=10.1.1.1 username=ann port=2200 identity_file=/k password=secret:p"},
		{"plain", flags, "ssh connect_timeout=5 name=plain hostname=plain username=root port=22 config_file=/cfg password=secret:typed ssh_args=[-v]; doas connect_timeout=5 name=plain username=root"},
		{"here", inventory.Connection{}, "local name=here"},
		{"tool", inventory.Connection{}, "local name=tool; sudo name=tool username=root sudo_path=/opt/sudo sudo_args=[-H -n]"},
		{"asked", inventory.Connection{}, "local name=asked; sudo name=asked username=root password=secret:q sudo_args=[-H]"},
		{"pod", inventory.Connection{}, "podman name=pod container=pod; doas name=pod username=root"},
		{"far", inventory.Connection{}, "ssh name=far hostname=far ssh_args=[-o ProxyCommand=ssh -W %h:%p -q a@bastion -4]"},
		{"box", inventory.Connection{}, "docker name=box container=c1 username=app"},
	} {
		steps, err := inv.Host(test.host).Plan(test.conn)
		if got := told(steps); err != nil || got != test.want {
			t.Errorf("%s: got\n%s, %v, want\n%s", test.host, got, err, test.want)
		}
	}
	for host, want := range map[string]string{
		"odd": `"telnet" is not known`, "badport": `host badport: ansible_port "ssh" is no number`, "badport2": `"70000" is no number from 1 to 65535`,
		"badargs": "host badargs: ansible_ssh_common_args: a quote",
	} {
		if _, err := inv.Host(host).Plan(inventory.Connection{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", host, err, want)
		}
	}
}

// Groups that contain each other in very many ways take no longer than they have lines:
// with time that doubles at each level this would not end.
func TestEntangledGroups(t *testing.T) {
	var text strings.Builder
	text.WriteString("[a0:vars]\nlevel=0\n")
	for i := range 60 {
		fmt.Fprintf(&text, "[a%d:children]\nb%d\nc%d\n[b%d:children]\na%d\n[c%d:children]\na%d\n[a%d:vars]\nlevel=%d\n", i, i, i, i, i+1, i, i+1, i+1, i+1)
	}
	text.WriteString("[a60]\ndeep\n")
	inv := load(t, inventory.Loader{}, file(t, "hosts", text.String(), 0o644), "other,")
	hosts, err := inv.Select("a0", inventory.Last{})
	if err != nil || namesOf(hosts) != "deep" {
		t.Fatalf("got %s, %v", namesOf(hosts), err)
	}
	if level, _ := hosts[0].Vars.Get("level"); level != int64(60) || len(hosts[0].Groups) != 181 {
		t.Errorf("level %v, %d groups", level, len(hosts[0].Groups))
	}
	if lines := strings.Count(inv.Graph(inv.Hosts()), "\n"); lines > 400 {
		t.Errorf("a graph of %d lines", lines)
	}
}
