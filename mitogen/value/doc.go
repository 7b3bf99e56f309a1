// Package value is the closed set of values that may cross from one context to
// another, and from one script language to another.
//
// A Value is one of:
//
//	nil            null
//	bool           boolean
//	int64          integer that fits
//	*big.Int       integer that does not fit an int64 (never one that does: see Int)
//	float64        floating point number
//	string         text, byte-exact whatever its bytes
//	Bytes          bytes
//	Blob           bytes that are shown as their length only
//	Secret         text or bytes that are shown nowhere
//	List           list, mutable where it arrives
//	Tuple          immutable sequence
//	*Dict          mapping of any hashable key, order kept
//	*Set           set of hashable values, order kept
//	*Struct        record with named attributes
//	time.Time      moment
//	time.Duration  span of time
//	ContextRef     a context of the tree
//	SenderRef      the right to send to a handle of a context
//	*Func          a script function on its way to a child
//	*Error         an error
//
// Inside one process a Value may also be a live thing (a script function in
// Go's hands, an object with methods). Live things that know how they travel
// implement Porter; all others are refused by the encoder, which names their
// place.
package value
