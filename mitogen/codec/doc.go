// Package codec turns values into bytes and back: CBOR (RFC 8949), in a subset
// of our own for the closed set of package value.
//
//	nil, booleans, float64   simple values and 64-bit floats; shorter ones are read
//	int64                    major types 0 and 1
//	*big.Int                 tags 2 and 3
//	text                     text string; not valid UTF-8: tag 19712 of a byte string
//	Bytes                    byte string
//	List                     array
//	*Dict                    map, in its own order
//	Blob                     tag 19713 of a byte string
//	Secret                   tag 19714 of text or a byte string
//	Tuple, *Set              tags 19715 and 19716 of an array
//	*Struct                  tag 19717 of [name, field, value, field, value …]
//	time.Time                tag 19718 of [seconds, nanoseconds, zone, offset]
//	time.Duration            tag 19719 of nanoseconds
//	ContextRef               tag 19720 of [id, name]
//	SenderRef                tag 19721 of [context, handle] or [context, handle, window]
//	*Func                    tag 19722 of [language, name, root hash or null, builtin]
//	*Error                   tag 19723 of [kind, further kinds, message, context,
//	                         [file, line, function …], [attribute, value …], cause or null]
//
// Lengths are definite, and an integer has one form only: one that fits an int64
// never arrives as a *big.Int. Map keys are hashable and differ from each other.
//
// The decoder takes bytes from anybody. It never panics, never allocates more
// than a constant times the bytes that it was given, and keeps to Limits.
package codec
