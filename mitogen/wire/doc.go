// Package wire is the protocol between two neighbouring contexts: frames and the
// numbers in them.
//
// # Link
//
// A link is two byte streams. It starts with a handshake (Preamble), in which the
// parent sends one configuration and the child answers with one description of
// itself; both are an 8-byte magic, a 4-byte big-endian length and that many bytes
// of CBOR (package codec). Afterwards both sides send frames, at any time, in any
// order.
//
// If the configuration says "compress", all that follows the handshake travels in
// chunks (Compress), which do not mind where frames begin: 4 bytes, of which the
// highest bit says whether the data is an s2 block and the others its length, and
// the data, at most 64 KiB before it was packed.
//
// If the configuration names a "bulk" descriptor, the data of frames of 16 KiB and more
// (BulkData) travels there, in both directions, in the order of their headers, which
// stay on the link.
//
// # Frame
//
// All integers are big endian, as in Python mitogen:
//
//	offset size
//	     0    2  magic 0x4d49
//	     2    4  dst_id    context that the message is for
//	     6    4  src_id    context that sent it, and that replies go to
//	    10    4  auth_id   context on whose authority it acts
//	    14    4  handle    address inside dst_id
//	    18    4  reply_to  handle in src_id that waits for a reply, 0 for none
//	    22    4  length    of the data
//	    26       data
//
// reply_to 999 (IsDead) marks a dead message: nobody will answer; the data is the
// reason, in UTF-8. A wrong magic ends the link. A frame that is longer than the
// receiver's limit is read and thrown away, and answered dead; the link lives on.
//
// # Data
//
// The data of a frame is one CBOR value (package codec) unless its handle says
// otherwise; package mitogen documents the data of each handle beside the code
// that receives it.
package wire
