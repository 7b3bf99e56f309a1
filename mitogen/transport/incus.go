package transport

import "context"

// Incus reaches a container of Incus by the incus program.
type Incus struct {
	Container string
	// Path is the incus program; "" for "incus".
	Path  string
	Spawn SpawnOptions
	silent
}

// Name is "incus.CONTAINER".
func (i *Incus) Name() string { return "incus." + i.Container }

// Argv is "incus exec --mode=non-interactive CONTAINER -- BOOT".
func (i *Incus) Argv(boot []string) ([]string, error) {
	argv := []string{or(i.Path, "incus"), "exec", "--mode=non-interactive"}
	return inside(argv, i.Container, []string{"--"}, boot)
}

// Open starts boot in the container.
func (i *Incus) Open(ctx context.Context, boot []string) (Link, error) {
	return Run(ctx, i.Name(), i, boot, i.Spawn)
}
