package inventory

import (
	"os"
	"path/filepath"
	"testing"
)

func FuzzFiles(f *testing.F) {
	for _, s := range []string{
		"web1 ansible_host=10.0.0.1\n[db]\ndb[01:20:2] x='a b'\n[all:children]\ndb\n[db:vars]\ny=1\n", "[a:children]\nb\n[b:children]\na\n",
		"all:\n  hosts:\n    web1: {x: 1}\n  children: {db: {hosts: {\"db[a:c]\": }}}\n", `{"web": {"hosts": ["a"]}, "_meta": {"hostvars": {"a": {"x": 1}}}}`,
		"Host web* !web9 db\n  Port 2222\n",
	} {
		f.Add(s, ".ini", "web*:&db,!x,~a.*,n[1-5]")
		f.Add(s, ".yml", "all")
	}
	f.Fuzz(func(t *testing.T, text, ext, pattern string) {
		path := filepath.Join(t.TempDir(), "hosts")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		inv := New()
		if inv.addFile(path, ext) != nil || inv.finish() != nil {
			return
		}
		chosen, err := inv.Select(pattern, Last{})
		if err != nil && len(chosen) > 0 {
			t.Fatalf("%q: %v and %d hosts", pattern, err, len(chosen))
		}
		for _, h := range chosen {
			if inv.Host(h.Name) != h {
				t.Fatalf("%q: a host that the inventory does not have", h.Name)
			}
		}
	})
}
