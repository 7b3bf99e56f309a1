// Package bootstrap turns a shell on a target into our program, by a cached or
// a pushed binary. It works on a byte stream and knows no transports.
//
// # The conversation
//
// The transport runs sh -c with the text that Stage makes: one line of POSIX
// sh. Everything that the far side says to us is a line that starts with "MITO"
// and the nonce of this connection; all else (banners, the noise of a profile)
// is kept for error texts. uname's two words are in each first answer.
//
//	MITO<nonce> hit SYSTEM MACHINE DIR          the cache has the program; it runs next
//	MITO<nonce> need SYSTEM MACHINE gzip|raw DIR  push it, compressed or not
//	MITO<nonce> no DIR: REASON                  this candidate cannot be used
//	MITO<nonce> err TEXT                        the end
//	MITO<nonce> up                              said by the program itself (UpLine)
//
// The answer to need is the line "N HASH SIZE" (bytes that follow, name of the
// file, bytes when unpacked) and exactly N bytes. Then nothing is sent until up
// or another need arrives: some tools (busybox's head) read on past N, and no
// byte of what follows may be swallowed. For the same reason Run hands back the
// buffered reader that stands right behind the up line.
//
// When a candidate fails after the push began (its disk is full) the stage
// reads the rest of the N bytes to nowhere and asks again for the next one, so
// one connection suffices.
//
// The far side's stdin must be blocking there (ours need not be): neither read
// nor head wait on one that is not.
//
// # The cache
//
// Candidates are, in this order, $XDG_CACHE_HOME/mitoscript,
// $HOME/.cache/mitoscript, /dev/shm/.mitoscript-UID,
// $XDG_RUNTIME_DIR/mitoscript, /var/tmp/.mitoscript-UID, /tmp/.mitoscript-UID.
// The directory above must exist and be the user's own or sticky: root by way of
// sudo, with HOME still the caller's, thus neither leaves files in somebody's
// home nor runs what that somebody can exchange. The cache directory must be a
// real directory of the user, mode 0700; the probe for noexec mounts runs a
// one-line script in it. Nothing is changed in a directory before it has passed.
//
// A program is a file named by the first 32 hex digits of its sha256. The stage
// runs it only if it is a regular file of the user, mode 0700, of the exact
// size. Once started it checks its own sha256 (Settle), once a day and after every
// write to the file; nobody but the user could have changed the file, so this
// guards against crashes and bad disks, not against attacks. A push is
// written to a temporary file named by the nonce and renamed when its size is
// right; gzip's checksum and the link's own cover its content.
//
// A hit that does not come up is an error for which Retry reports true: connect
// again with Options.Fresh, which pushes whatever the cache says.
//
// Without Options.Cache the temporary file itself is run, and Settle removes it.
package bootstrap
