package transport

import "context"

// Jail reaches a FreeBSD jail by the jexec program.
type Jail struct {
	Container string
	// Path is the jexec program; "" for "jexec".
	Path string
	// Username is the account in the jail; "" for root.
	Username string
	Spawn    SpawnOptions
	silent
}

// Name is "jail.CONTAINER".
func (j *Jail) Name() string { return "jail." + j.Container }

// Argv is "jexec [-U USER] CONTAINER BOOT".
func (j *Jail) Argv(boot []string) ([]string, error) {
	argv := []string{or(j.Path, "jexec")}
	if j.Username != "" {
		argv = append(argv, "-U", j.Username)
	}
	return inside(argv, j.Container, nil, boot)
}

// Open starts boot in the jail.
func (j *Jail) Open(ctx context.Context, boot []string) (Link, error) {
	return Run(ctx, j.Name(), j, boot, j.Spawn)
}
