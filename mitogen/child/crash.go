package child

import (
	"os"
	"runtime/debug"
)

// keepCrashes has what the runtime tells of a crash written to where stderr leads
// before pipes of our own take its place: those end with this process. The parent
// logs it.
func keepCrashes() { _ = debug.SetCrashOutput(os.Stderr, debug.CrashOptions{}) }
