package inventory

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
	"github.com/mitoscript/mitoscript/stdlib/format/yaml"
)

// Loader reads inventories.
type Loader struct {
	// Script runs the function hosts of a .star or .lua file and gives its result; nil
	// if scripts cannot be run.
	Script func(ctx context.Context, path string) (value.Value, error)
	// SSHConfig is the file whose Host entries are the inventory where there is no
	// source; "" for the user's own.
	SSHConfig string
}

// Load reads the sources: files (INI, YAML, programs that print JSON, scripts, an
// ssh configuration), folders of such files, or names after commas. What cannot be
// read is an Error that names the source, and the line where there is one.
func (l *Loader) Load(ctx context.Context, sources []string) (*Inventory, error) {
	inv := New()
	if len(sources) == 0 {
		named := l.SSHConfig != "" && l.SSHConfig != "none" // which ssh takes as no file
		if err := inv.addSSHConfig(l.sshConfig(), !named); err != nil {
			return nil, value.Errorf(value.KindOS, "cannot read the ssh configuration: %w", err)
		}
	}
	for _, source := range sources {
		if err := l.add(ctx, inv, source); err != nil {
			return nil, named(source, err)
		}
	}
	if err := inv.finish(); err != nil {
		return nil, named(strings.Join(sources, ", "), err)
	}
	return inv, nil
}

// named says which inventory an error is of.
func named(source string, err error) error {
	var e *value.Error
	if errors.As(err, &e) {
		about := *e
		about.Message = "inventory " + source + ": " + e.Message
		return &about
	}
	return value.Errorf(value.KindValue, "inventory %s: %w", source, err)
}

func (l *Loader) sshConfig() string {
	if l.SSHConfig != "" {
		return l.SSHConfig
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".ssh", "config")
}

func (l *Loader) add(ctx context.Context, inv *Inventory, source string) error {
	info, err := os.Stat(source)
	switch {
	case err != nil && strings.Contains(source, ","):
		return inv.addNames(source)
	case err != nil:
		return value.Errorf(value.KindValue, "it cannot be read: %w (a list of names has a comma: %q)", err, source+",")
	case info.IsDir():
		entries, err := os.ReadDir(source)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.IsDir() || strings.HasPrefix(e.Name(), ".") || strings.HasSuffix(e.Name(), "~") {
				continue
			}
			if err := l.add(ctx, inv, filepath.Join(source, e.Name())); err != nil {
				return named(e.Name(), err)
			}
		}
		return nil
	}
	switch ext := filepath.Ext(source); {
	case ext == ".star" || ext == ".lua":
		return l.addScript(ctx, inv, source)
	case info.Mode()&0o111 != 0:
		return inv.addProgram(ctx, source)
	default:
		return inv.addFile(source, ext)
	}
}

func (inv *Inventory) addFile(path, ext string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := string(data)
	switch {
	case ext == ".yml" || ext == ".yaml" || ext == ".json":
		v, err := yaml.Decode(text)
		if err != nil {
			return err
		}
		return inv.addYAML(v)
	case isSSHConfig(text):
		return inv.addSSHConfig(path, false)
	}
	return inv.addINI(text)
}

// addNames takes names after commas.
func (inv *Inventory) addNames(list string) error {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if err := inv.addHost(inv.group(ungrouped), name, nil); err != nil {
			return err
		}
	}
	return nil
}

// addProgram runs an inventory program as Ansible does.
func (inv *Inventory) addProgram(ctx context.Context, path string) error {
	if !strings.Contains(path, "/") {
		path = "./" + path
	}
	out, err := exec.CommandContext(ctx, path, "--list").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) && len(exit.Stderr) > 0 {
			return value.Errorf(value.KindValue, "the program failed (%s): %s", exit, strings.TrimSpace(string(exit.Stderr)))
		}
		return err
	}
	v, err := json.Decode(string(out))
	if err != nil {
		return err
	}
	return inv.addJSON(v)
}

func (l *Loader) addScript(ctx context.Context, inv *Inventory, path string) error {
	if l.Script == nil {
		return value.Errorf(value.KindError, "scripts cannot be run here")
	}
	v, err := l.Script(ctx, path)
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case value.List:
		return inv.addItems(v)
	case value.Tuple:
		return inv.addItems(v)
	case *value.Dict:
		for _, it := range v.Items() {
			vars, err := dict(it.Value, "the variables of "+show(it.Key))
			if err != nil {
				return err
			}
			if err := inv.addItem(it.Key, vars); err != nil {
				return err
			}
		}
		return nil
	}
	return value.Errorf(value.KindValue, "hosts() returned a %s: want a list of names, or a dict of names and variables", value.TypeName(v))
}

func (inv *Inventory) addItems(items []value.Value) error {
	for _, it := range items {
		if err := inv.addItem(it, nil); err != nil {
			return err
		}
	}
	return nil
}

func (inv *Inventory) addItem(name value.Value, vars *value.Dict) error {
	s, ok := name.(string)
	if !ok {
		return value.Errorf(value.KindValue, "the name of a host is a %s", value.TypeName(name))
	}
	return inv.addHost(inv.group(ungrouped), s, vars)
}
