// Package files copies files and folders between this process and a context, or
// between two contexts.
//
// # A transfer
//
// The caller asks the service "files.put" or "files.get" of the context, which
// runs beside the calls there. Both ends listen at a handle of their own and send
// each other messages: data, a part of one stream of bytes from the side that has
// the files to the other; and acknowledgements of what was taken from it. At most
// window bytes are on the way, so neither end nor a context between them holds
// more, and whoever sends more is cut off. The answer of the service ends the
// transfer: nothing, or the error of the far side.
//
// # The stream
//
// It is a sequence of records, each a letter and what follows it. Integers are
// big endian; text is its length (4 bytes) and its bytes.
//
//	T total(8)                      the size of all files, if it was asked for
//	F name mode(4) segment… sum(4)  a file
//	D name mode(4)                  a folder; what follows is in it
//	U                               the end of the folder
//	L name target                   a symbolic link
//	E                               the end
//
// A segment is its length (4 bytes, not 0) and its bytes; or a hole: ffffffff and
// its length (8 bytes); a length of 0 ends them. The sum is the CRC-32C of all
// segments as they stand in the stream. The first file or folder is the root and
// has no name: where it goes is the receiver's business.
//
// # What is left behind
//
// A file gets its name when it is complete and its sum is right, in place of what
// had that name. Until then it has none where the system can do that (Linux, most
// file systems), so that nothing is left whoever is killed. Elsewhere it is called
// .mitoscript-… and locked; it is removed when the transfer fails, and one whose
// process was killed when the next transfer writes into the same folder.
//
// A name is a single part of a path, and every folder is entered by its
// descriptor and never through a link: a peer can name nothing outside the
// destination.
package files
