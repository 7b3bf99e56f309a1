package transport

import "strings"

// endings are what tools say before they end without having reached a shell, in lower
// case, and what can be done about each.
var endings = []struct{ says, hint string }{
	{"no such container", "the engine's list of containers (`docker ps -a`) has its name, or it runs by another engine or another account"},
	{"is not running", "start it first: it is there, and stopped"},
	{"cannot connect to the docker daemon", "does the engine run (`docker info`)? DOCKER_HOST and `docker context ls` say which one is meant"},
	{"failed to connect to the docker api", "does the engine run (`docker info`)? DOCKER_HOST and `docker context ls` say which one is meant"},
	{"permission denied while trying to connect", "may this account use the engine? It has to be in its group (docker), or to use sudo"},
	{"unable to find image", "is the image's name right, and may this account fetch it (`docker login`)?"},
	{"unknown user", "there is no such account on that machine: `getent passwd NAME`"},
	{"unable to find user", "there is no such account in the container: see its /etc/passwd"},
	{"does not exist or the user entry", "there is no such account on that machine: `getent passwd NAME`"},
	{"account is currently not available", "the account has no login shell (nologin): take another account, or give it one by chsh"},
	{"account is not available", "the account has no login shell: take another account, or give it one by chsh"},
	{"doas: operation not permitted", "doas.conf on that machine has no rule that permits it: permit ACCOUNT as TARGET"},
	{"no configuration has been provided", "kubectl knows no cluster: set KUBECONFIG, or give kubectl_args"},
	{"the connection to the server", "kubectl does not reach its cluster: `kubectl cluster-info`"},
	{"no space left on device", "the disk there is full: df -h"},
	{"cannot allocate memory", "there is too little memory there, or a limit (ulimit -v, cgroup) is too low for the program"},
	{"out of memory", "there is too little memory there, or a limit (ulimit -v, cgroup) is too low for the program"},
}

// EndHint is what helps against an end of which a tool said this, "" for nothing.
func EndHint(said string) string {
	said = strings.ToLower(said)
	for _, e := range endings {
		if strings.Contains(said, e.says) {
			return e.hint
		}
	}
	return ""
}
