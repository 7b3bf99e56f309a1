package nativessh

import "testing"

func FuzzKnownHosts(f *testing.F) {
	const key = " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8Ht8Z3j6yDPPBHQtOp/R9rtWZGdMPI5pYJGRIvbUjC"
	for _, s := range []string{"web" + key, "[web]:2222,!bad,*.x" + key, "@cert-authority *" + key, "@revoked web" + key, "|1|AAAA|BBBB" + key, "# x", "web ssh-rsa !!"} {
		f.Add(s, "web")
	}
	f.Fuzz(func(t *testing.T, line, name string) {
		if known, ok := parseKnown(line, name); ok && known.key == nil {
			t.Fatalf("%q matches without a key", line)
		}
	})
}
