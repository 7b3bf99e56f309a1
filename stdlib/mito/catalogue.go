package mito

import (
	"errors"
	"fmt"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// catalogue lists the factories with their exact parameters.
func catalogue() []factory {
	return []factory{
		{method: "local", doc: "Makes a context on this machine.", options: with(nil)},
		{method: "fork", doc: "Makes a context on this machine from the running program: the fastest way.", options: forkOptions()},
		{method: "ssh", doc: "Makes a context on another machine by ssh.", options: with(sshOptions())},
		{method: "sudo", doc: "Makes a context under another account by sudo.", options: with(sudoOptions())},
		{method: "su", doc: "Makes a context under another account by su.", options: with(account("su"))},
		{method: "doas", doc: "Makes a context under another account by doas.", options: with(account("doas"))},
		{method: "docker", doc: "Makes a context in a Docker container.", options: with(engine("docker")), check: oneOfContainerImage},
		{method: "podman", doc: "Makes a context in a Podman container.", options: with(engine("podman")), check: oneOfContainerImage},
		{method: "buildah", doc: "Makes a context in a Buildah working container.",
			options: with([]option{container(), tool("buildah_path", "buildah"), user()})},
		{method: "kubectl", doc: "Makes a context in a Kubernetes pod.", options: with([]option{
			{name: "pod", required: true, doc: "The pod's name."}, tool("kubectl_path", "kubectl"),
			{name: "kubectl_args", kind: listKind, def: value.List{}, doc: "Further arguments of kubectl."}})},
		{method: "lxc", doc: "Makes a context in a classic LXC container.", options: with([]option{container(), tool("lxc_attach_path", "lxc-attach")})},
		{method: "lxd", doc: "Makes a context in an LXD container.", options: with([]option{container(), tool("lxc_path", "lxc")})},
		{method: "incus", doc: "Makes a context in an Incus container.", options: with([]option{container(), tool("incus_path", "incus")})},
		{method: "setns", doc: "Makes a context in a container of this machine by its namespaces.", options: with([]option{
			container(), {name: "kind", required: true, doc: "What the container is of: docker, lxc, lxd, incus or machinectl."},
			{name: "username", def: "root", doc: "The account inside."},
			tool("docker_path", "docker"), tool("lxc_info_path", "lxc-info"),
			{name: "lxc_path", doc: "The program lxc, or incus for the kind incus; looked for on PATH if it has no slash."},
			tool("machinectl_path", "machinectl")}), check: kindOfSetNS},
		{method: "jail", doc: "Makes a context in a FreeBSD jail.", options: with([]option{container(), user(), tool("jexec_path", "jexec")})},
	}
}

// with adds the parameters that all but fork have.
func with(own []option) []option { return append(own, commonOptions()...) }

func commonOptions() []option {
	return []option{
		{name: "remote_name", doc: "Stands behind mitoscript: in the process list; None for USER@HOST:PID of the master."},
		{name: "binary_path", doc: "A mitoscript that is on the target: nothing is sent there."},
		{name: "debug", kind: boolKind, def: false, doc: "Write a debug log there."},
		timeoutOption(),
		{name: "profiling", kind: boolKind, def: false, doc: "Write a profile there at the end."},
		viaOption(), nameOption(), unidirectionalOption(),
		{name: "cache", kind: boolKind, def: true, doc: "Keep the program on the target for the next time."},
	}
}

func timeoutOption() option {
	return option{name: "connect_timeout", kind: secondsKind, def: 30.0, doc: "Seconds until the set-up fails; restarted while a binary or an image moves."}
}

func viaOption() option {
	return option{name: "via", kind: contextKind, doc: "The Context that makes it; None for this one."}
}

func nameOption() option {
	return option{name: "name", doc: "What the context is called; None for a name made of the method and the target."}
}

func unidirectionalOption() option {
	return option{name: "unidirectional", kind: boolKind, doc: "Keep the siblings below it apart; None to do as this context."}
}

func forkOptions() []option {
	return []option{
		{name: "new_stack", kind: boolKind, def: false, doc: "Accepted: the child inherits no stack."},
		{name: "on_fork", kind: funcKind, doc: "A function that runs in the child first."},
		{name: "debug", kind: boolKind, def: false, doc: "Write a debug log there."},
		{name: "profiling", kind: boolKind, def: false, doc: "Write a profile there at the end."},
		viaOption(), nameOption(),
		{name: "remote_name", doc: "Stands behind mitoscript: in the process list; None for USER@HOST:PID of the master."},
		timeoutOption(), unidirectionalOption(),
	}
}

func sshOptions() []option {
	return []option{
		{name: "hostname", required: true, doc: "The host, as ssh knows it."},
		{name: "username", doc: "The account; None for what ssh's configuration says."},
		{name: "ssh_path", doc: "The ssh program: OpenSSH is used."},
		{name: "port", kind: intKind, doc: "The port; None for what ssh's configuration says."},
		{name: "check_host_keys", kind: keysKind, def: true,
			doc: "True or \"enforce\" refuses unknown and changed keys, \"accept\" records new ones, False or \"ignore\" checks nothing."},
		{name: "password", doc: "Typed if it is asked for; serves a key's passphrase too."},
		{name: "identity_file", doc: "A private key: only it is used, and no agent."},
		{name: "compression", kind: boolKind, def: true, doc: "Compress what goes over the link."},
		{name: "keepalive_interval", kind: intKind, def: int64(15), doc: "Seconds of silence until the other side is asked whether it lives."},
		{name: "keepalive_count", kind: intKind, def: int64(3), doc: "How often it is asked without an answer."},
		{name: "ssh_args", kind: listKind, doc: "Further arguments of ssh: OpenSSH is used."},
		{name: "config_file", doc: "The configuration file of ssh."},
	}
}

func sudoOptions() []option {
	return []option{
		{name: "username", def: "root", doc: "The account."},
		tool("sudo_path", "sudo"),
		{name: "password", doc: "Typed if it is asked for."},
		{name: "set_home", kind: boolKind, def: false, doc: "Set HOME to the account's."},
		{name: "preserve_env", kind: boolKind, def: false, doc: "Keep the environment."},
		{name: "login", kind: boolKind, def: false, doc: "Do as at login."},
		{name: "selinux_role", doc: "The SELinux role."},
		{name: "selinux_type", doc: "The SELinux type."},
		{name: "sudo_args", kind: listKind, doc: "Arguments of sudo, which are parsed here."},
	}
}

func account(program string) []option {
	return []option{
		{name: "username", def: "root", doc: "The account."},
		tool(program+"_path", program),
		{name: "password", doc: "Typed if it is asked for."},
	}
}

func engine(program string) []option {
	return []option{
		{name: "container", doc: "An existing container."},
		{name: "image", doc: "An image, of which a temporary container is made."},
		tool(program+"_path", program), user(),
	}
}

func oneOfContainerImage(opts *value.Dict) error {
	container, _ := opts.Get("container")
	image, _ := opts.Get("image")
	if (container == nil) == (image == nil) {
		return errors.New("exactly one of container and image is needed")
	}
	return nil
}

func kindOfSetNS(opts *value.Dict) error {
	kind, _ := opts.Get("kind")
	switch kind {
	case "docker", "lxc", "lxd", "incus", "machinectl":
		return nil
	}
	return fmt.Errorf("argument kind: want docker, lxc, lxd, incus or machinectl, got %q", kind)
}

func container() option {
	return option{name: "container", required: true, doc: "The container's name."}
}

func user() option { return option{name: "username", doc: "The account inside; None for its default."} }

func tool(name, def string) option {
	return option{name: name, def: def, doc: "The program, looked for on PATH if it has no slash."}
}
