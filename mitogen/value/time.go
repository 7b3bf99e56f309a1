package value

import (
	"fmt"
	"time"
)

func otherTypeName(v Value) string {
	switch v.(type) {
	case time.Time:
		return "time"
	case time.Duration:
		return "duration"
	}
	return fmt.Sprintf("%T", v)
}

// Seconds returns s seconds as a Duration; scripts give every span in seconds.
func Seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
