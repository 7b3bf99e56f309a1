//go:build !child

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A run that is interrupted has its timeline all the same.
func TestInterruptedRunIsRecorded(t *testing.T) {
	for _, lang := range []struct{ name, code string }{
		{"star", "def hang():\n    time.sleep(600)\nc = router.local(name=\"h1\")\nr = c.call_async(hang)\nprint(\"ready\")\nr.get()\n"},
		{"lua", "local c = router:local_{name=\"h1\"}\nlocal r = c:call_async(function() time.sleep(600) end)\nprint(\"ready\")\nr:get()\n"},
	} {
		t.Run(lang.name, func(t *testing.T) {
			dir := t.TempDir()
			script, trace, page := filepath.Join(dir, "s."+lang.name), filepath.Join(dir, "t.json"), filepath.Join(dir, "r.html")
			if err := os.WriteFile(script, []byte(lang.code), 0o600); err != nil {
				t.Fatal(err)
			}
			s := startMaster(t, "run", "--trace", trace, "--report", page, script)
			s.said("ready")
			s.signal(syscall.SIGINT)
			if status := s.ends(processTimeout); status != 130 {
				t.Errorf("exit status %d, want 130", status)
			}
			var got struct {
				Events []map[string]any `json:"traceEvents"`
				Other  map[string]any   `json:"otherData"`
			}
			data, err := os.ReadFile(trace)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(data, &got); err != nil {
				t.Fatalf("%v in:\n%s", err, data)
			}
			calls := 0
			for _, e := range got.Events {
				if e["cat"] == "call" || e["cat"] == "call,error" {
					calls++
				}
			}
			if calls != 1 || got.Other["exit status"] != 130.0 {
				t.Errorf("%d calls, want 1; %v", calls, got.Other)
			}
			if info, err := os.Stat(page); err != nil || info.Size() == 0 {
				t.Errorf("there is no report: %v", err)
			}
		})
	}
}
