package fakessh

import (
	"fmt"
	"os"
)

// ownImage is this program, whose file was removed since it was started.
func ownImage(string) (string, error) { return fmt.Sprintf("/proc/%d/exe", os.Getpid()), nil }
