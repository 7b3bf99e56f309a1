package transport

import "context"

// Kubectl reaches a pod by the kubectl program.
type Kubectl struct {
	Pod string
	// Path is the kubectl program; "" for "kubectl".
	Path string
	// Args are its options ("--namespace=db", "--container=web"), before "exec".
	Args  []string
	Spawn SpawnOptions
	silent
}

// Name is "kubectl.POD".
func (k *Kubectl) Name() string { return "kubectl." + k.Pod }

// Argv is "kubectl ARGS exec -i POD -- BOOT: no terminal, which would spoil the data".
func (k *Kubectl) Argv(boot []string) ([]string, error) {
	argv := append([]string{or(k.Path, "kubectl")}, k.Args...)
	return inside(append(argv, "exec", "-i"), k.Pod, []string{"--"}, boot)
}

// Open starts boot in the pod.
func (k *Kubectl) Open(ctx context.Context, boot []string) (Link, error) {
	return Run(ctx, k.Name(), k, boot, k.Spawn)
}
