package transport

import "context"

// LXC reaches a container of classic LXC by the lxc-attach program.
type LXC struct {
	Container string
	// Path is the lxc-attach program; "" for "lxc-attach".
	Path  string
	Spawn SpawnOptions
	silent
}

// Name is "lxc.CONTAINER".
func (l *LXC) Name() string { return "lxc." + l.Container }

// Argv is "lxc-attach --clear-env --name CONTAINER -- BOOT".
func (l *LXC) Argv(boot []string) ([]string, error) {
	argv := []string{or(l.Path, "lxc-attach"), "--clear-env", "--name"}
	return inside(argv, l.Container, []string{"--"}, boot)
}

// Open starts boot in the container.
func (l *LXC) Open(ctx context.Context, boot []string) (Link, error) {
	return Run(ctx, l.Name(), l, boot, l.Spawn)
}
