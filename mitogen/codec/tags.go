package codec

// The major types of CBOR, in the upper three bits of an item's first byte.
const (
	majorUint   = 0 << 5
	majorNegint = 1 << 5
	majorBytes  = 2 << 5
	majorText   = 3 << 5
	majorArray  = 4 << 5
	majorMap    = 5 << 5
	majorTag    = 6 << 5
	majorSimple = 7 << 5
)

// The items of major type 7 that we know.
const (
	simpleFalse   = majorSimple | 20
	simpleTrue    = majorSimple | 21
	simpleNull    = majorSimple | 22
	simpleFloat16 = majorSimple | 25
	simpleFloat32 = majorSimple | 26
	simpleFloat64 = majorSimple | 27
)

// Tags. Those of our own are append-only.
const (
	tagBigPositive = 2
	tagBigNegative = 3

	tagRawText  = 0x4d00
	tagBlob     = 0x4d01
	tagSecret   = 0x4d02
	tagTuple    = 0x4d03
	tagSet      = 0x4d04
	tagStruct   = 0x4d05
	tagTime     = 0x4d06
	tagDuration = 0x4d07
	tagContext  = 0x4d08
	tagSender   = 0x4d09
	tagFunc     = 0x4d0a
	tagError    = 0x4d0b
)

// Defaults of Limits, which the encoder keeps to as well.
const (
	maxDepth = 1000
	maxItems = 16 << 20
)

// maxName is the greatest length of a context's name, in characters.
const maxName = 99
