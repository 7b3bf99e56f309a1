// Package nativessh is the ssh transport that needs no process per host: it
// speaks the protocol itself, by golang.org/x/crypto/ssh.
//
// It behaves as the ssh program of the same account would. Resolve asks that
// program for the effective configuration of a host (ssh -G), or reads
// ~/.ssh/config where there is none. Config.Unsupported says what of it this
// engine cannot honour; the caller takes the OpenSSH engine then.
//
//	cfg, err := nativessh.Resolve(ctx, nativessh.Options{Host: "web1"})
//	if err == nil && cfg.Unsupported() == "" {
//		link, err = nativessh.New(cfg).Open(ctx, []string{"sh", "-c", stage})
//	}
//
// Open goes through the phases resolve, connect, key exchange, host key,
// authentication, session and exec; its errors name the phase in their text and
// in the attribute "phase", and have what the server printed in "output".
// Limiting how many handshakes run at once is the caller's business.
//
// A link's data is held back by the protocol's own window of 2 MiB, which the
// library fixes; reads and writes go straight to the channel.
package nativessh
