package archive

import (
	"os"
	"strconv"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// What an archive may unpack to if the script does not say: enough for all but
// what was made to fill a disk, which is a thousand times its size.
const (
	freeSize  = 1 << 30
	freeRatio = 200
)

// limitArg gives the bytes that the members of an archive may have in all.
func limitArg(a *interp.Args, file string) (int64, error) {
	if a.Value("max_size") == nil {
		limit := int64(freeSize)
		if info, err := os.Stat(file); err == nil && info.Size() > freeSize/freeRatio {
			limit = info.Size() * freeRatio
		}
		return limit, nil
	}
	limit, err := a.Int("max_size")
	if err == nil && limit < 0 {
		err = value.Errorf(value.KindValue, "cannot extract with max_size=%d: want a number of bytes", limit)
	}
	return limit, err
}

// showSize gives bytes as a person reads them.
func showSize(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 30, " GiB"}, {1 << 20, " MiB"}, {1 << 10, " KiB"}} {
		if n >= u.size && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + " bytes"
}
