package transport

import "context"

// Docker reaches a container by the docker program: one that runs, or a
// temporary one of an image.
type Docker struct {
	// Exactly one of Container and Image is given.
	Container, Image string
	// Path is the docker program; "" for "docker".
	Path string
	// Username is the account in the container; "" for its usual one.
	Username string
	Spawn    SpawnOptions
	silent
}

// Name is "docker.CONTAINER", or "docker.IMAGE".
func (d *Docker) Name() string { return "docker." + or(d.Container, d.Image) }

// Argv is "docker exec … CONTAINER BOOT" or "docker run … IMAGE BOOT".
func (d *Docker) Argv(boot []string) ([]string, error) {
	argv, err := d.engine().target("exec", "run")
	return append(argv, boot...), err
}

// Open starts boot in the container.
func (d *Docker) Open(ctx context.Context, boot []string) (Link, error) {
	argv, err := d.Argv(boot)
	if err != nil {
		return nil, err
	}
	return d.engine().open(ctx, argv)
}

// Platform is that of the image.
func (d *Docker) Platform(ctx context.Context) (goos, goarch string, err error) {
	return d.engine().platform(ctx)
}

// OpenBinary copies the program into the container's root folder and starts it
// there. In a container that was there before, the file stays if its account is not root.
func (d *Docker) OpenBinary(ctx context.Context, program []byte, args []string) (Link, error) {
	return d.engine().openBinary(ctx, program, args)
}

func (d *Docker) engine() *engine {
	return &engine{
		name: d.Name(), path: or(d.Path, "docker"), container: d.Container, image: d.Image,
		username: d.Username, spawn: d.Spawn,
	}
}
