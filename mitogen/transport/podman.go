package transport

import "context"

// Podman reaches a container by the podman program: one that runs, or a
// temporary one of an image.
type Podman struct {
	// Exactly one of Container and Image is given.
	Container, Image string
	// Path is the podman program; "" for "podman".
	Path string
	// Username is the account in the container; "" for its usual one.
	Username string
	Spawn    SpawnOptions
	silent
}

// Name is "podman.CONTAINER", or "podman.IMAGE".
func (p *Podman) Name() string { return "podman." + or(p.Container, p.Image) }

// Argv is "podman exec … CONTAINER BOOT" or "podman run … IMAGE BOOT".
func (p *Podman) Argv(boot []string) ([]string, error) {
	argv, err := p.engine().target("exec", "run")
	return append(argv, boot...), err
}

// Open starts boot in the container.
func (p *Podman) Open(ctx context.Context, boot []string) (Link, error) {
	argv, err := p.Argv(boot)
	if err != nil {
		return nil, err
	}
	return p.engine().open(ctx, argv)
}

// Platform is that of the image.
func (p *Podman) Platform(ctx context.Context) (goos, goarch string, err error) {
	return p.engine().platform(ctx)
}

// OpenBinary copies the program into the container's root folder and starts it
// there. In a container that was there before, the file stays if its account is not root.
func (p *Podman) OpenBinary(ctx context.Context, program []byte, args []string) (Link, error) {
	return p.engine().openBinary(ctx, program, args)
}

func (p *Podman) engine() *engine {
	return &engine{
		name: p.Name(), path: or(p.Path, "podman"), container: p.Container, image: p.Image,
		username: p.Username, spawn: p.Spawn,
	}
}
