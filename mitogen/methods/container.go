package methods

import "github.com/mitoscript/mitoscript/mitogen/transport"

func docker(p *params) (transport.Transport, error) {
	return &transport.Docker{
		Container: p.text("container"), Image: p.text("image"), Path: p.text("docker_path"),
		Username: p.text("username"), Spawn: p.spawn(),
	}, nil
}

func podman(p *params) (transport.Transport, error) {
	return &transport.Podman{
		Container: p.text("container"), Image: p.text("image"), Path: p.text("podman_path"),
		Username: p.text("username"), Spawn: p.spawn(),
	}, nil
}

func buildah(p *params) (transport.Transport, error) {
	return &transport.Buildah{
		Container: p.text("container"), Path: p.text("buildah_path"), Username: p.text("username"), Spawn: p.spawn(),
	}, nil
}

func kubectl(p *params) (transport.Transport, error) {
	return &transport.Kubectl{
		Pod: p.text("pod"), Path: p.text("kubectl_path"), Args: p.strings("kubectl_args"), Spawn: p.spawn(),
	}, nil
}

func lxc(p *params) (transport.Transport, error) {
	return &transport.LXC{Container: p.text("container"), Path: p.text("lxc_attach_path"), Spawn: p.spawn()}, nil
}

func lxd(p *params) (transport.Transport, error) {
	return &transport.LXD{Container: p.text("container"), Path: p.text("lxc_path"), Spawn: p.spawn()}, nil
}

func incus(p *params) (transport.Transport, error) {
	return &transport.Incus{Container: p.text("container"), Path: p.text("incus_path"), Spawn: p.spawn()}, nil
}

func jail(p *params) (transport.Transport, error) {
	return &transport.Jail{
		Container: p.text("container"), Path: p.text("jexec_path"), Username: p.text("username"), Spawn: p.spawn(),
	}, nil
}

func setns(p *params) (transport.Transport, error) {
	return &transport.SetNS{
		Container: p.text("container"), Kind: p.text("kind"), Username: p.text("username"),
		DockerPath: p.text("docker_path"), LXCInfoPath: p.text("lxc_info_path"), LXCPath: p.text("lxc_path"),
		MachinectlPath: p.text("machinectl_path"), Spawn: p.spawn(),
	}, nil
}
