package transport

import "context"

// Buildah reaches a working container by the buildah program.
type Buildah struct {
	Container string
	// Path is the buildah program; "" for "buildah".
	Path string
	// Username is the account in the container; "" for its usual one.
	Username string
	Spawn    SpawnOptions
	silent
}

// Name is "buildah.CONTAINER".
func (b *Buildah) Name() string { return "buildah." + b.Container }

// Argv is "buildah run [--user=USER] -- CONTAINER BOOT".
func (b *Buildah) Argv(boot []string) ([]string, error) {
	argv := []string{or(b.Path, "buildah"), "run"}
	if b.Username != "" {
		argv = append(argv, "--user="+b.Username)
	}
	return inside(append(argv, "--"), b.Container, nil, boot)
}

// Open starts boot in the container.
func (b *Buildah) Open(ctx context.Context, boot []string) (Link, error) {
	return Run(ctx, b.Name(), b, boot, b.Spawn)
}
