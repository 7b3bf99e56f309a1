package transport

import "context"

// LXD reaches a container of LXD by the lxc program.
type LXD struct {
	Container string
	// Path is the lxc program; "" for "lxc".
	Path  string
	Spawn SpawnOptions
	silent
}

// Name is "lxd.CONTAINER".
func (l *LXD) Name() string { return "lxd." + l.Container }

// Argv is "lxc exec --mode=non-interactive CONTAINER -- BOOT".
func (l *LXD) Argv(boot []string) ([]string, error) {
	argv := []string{or(l.Path, "lxc"), "exec", "--mode=non-interactive"}
	return inside(argv, l.Container, []string{"--"}, boot)
}

// Open starts boot in the container.
func (l *LXD) Open(ctx context.Context, boot []string) (Link, error) {
	return Run(ctx, l.Name(), l, boot, l.Spawn)
}
