// Package fakessh runs rsync, scp, sftp, git and other programs that call ssh over
// the contexts that exist: what they ask ssh to run is run in a context.
//
// Run starts the program here with a folder first on its PATH in which ssh is this
// program. That ssh (ClientMain) sends what it is to run, and its own descriptors 0
// to 2, through a private socket to Run, and waits for a status. Run asks the
// service of the context (Service) to start the command, and moves the data. Each
// ssh that the program starts is a session of its own.
//
// Exec runs a command in a context for this process itself.
//
// A session has an end in each of the two contexts, at a handle. The data of a
// message to it is one byte that says what it is, one that says of which stream
// (0, 1, 2 as the descriptors), and the rest:
//
//	data    bytes of the stream
//	eof     nothing follows in the stream
//	credit  4 bytes, big endian: so many more bytes may be sent
//	stop    nobody reads the stream any more
//	exit    4 bytes, big endian: the status, or 256 and the signal; then text for
//	        stderr. Nothing follows.
//	close   the ssh is gone: end the command
//
// Of each stream no more than window bytes are on their way or unread, so memory is
// bounded whatever the other side does: one that sends more loses the session.
package fakessh
