package bootstrap

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

const (
	// checkEvery is how long a program of the cache counts as checked.
	checkEvery = 24 * time.Hour
	// tempPrefix starts the name of a file that is being pushed.
	tempPrefix = ".x"
	// tempAge is when a file that was being pushed counts as left behind.
	tempAge = time.Hour
)

// Settle is called by a program that a first stage may have started, with its
// argv[0], before it says up. A temporary file (Options.Cache was false) is
// removed; a file of the cache is compared with the sha256 that it is named by,
// unless that was done within the last 24 hours and nobody has written to it since.
// One that differs is removed and an error. It gives the cache directory and the
// file's name in it, "" for a program that does not come from a cache.
func Settle(argv0 string) (dir, name string, err error) {
	dir, name = filepath.Split(argv0)
	switch {
	case dir == "" || !isCached(name):
		return "", "", nil
	case strings.HasPrefix(name, tempPrefix):
		if err := os.Remove(argv0); err != nil {
			return "", "", value.Errorf(value.KindStream, "cannot remove the temporary program: %w", err)
		}
		return "", "", nil
	}
	sum, err := check(argv0, name)
	if err != nil {
		return dir, name, value.Errorf(value.KindStream, "cannot check the cached program: %w", err)
	}
	if !strings.HasPrefix(sum, name) {
		return dir, name, errors.Join(
			value.Errorf(value.KindStream, "the cached program %s is damaged: its sha256 is %s", argv0, sum),
			os.Remove(argv0))
	}
	return dir, name, nil
}

// check gives the sha256 in hex of the program called name, or name where the file
// still has the mark of a good check.
func check(path, name string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	now := time.Now()
	if age := now.Sub(info.ModTime()); age >= 0 && age < checkEvery && info.ModTime().Equal(mark(info.ModTime(), name)) {
		return name, nil
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	if strings.HasPrefix(sum, name) {
		// Where this is refused, or the file system keeps whole seconds, each start checks.
		_ = os.Chtimes(path, now, mark(now.Add(-time.Second), name)) // not in the future
	}
	return sum, nil
}

// mark is the time of a check with a fraction, in µs, that the name gives: hashing takes longer
// than all else that a start does, and a write would have left another fraction.
func mark(t time.Time, name string) time.Time {
	n, _ := strconv.ParseUint(name[:8], 16, 32) // it isName
	return t.Truncate(time.Second).Add(time.Duration(n%1_000_000) * time.Microsecond)
}

// isCached reports names of the files that we make in a cache directory.
func isCached(name string) bool {
	if rest, ok := strings.CutPrefix(name, tempPrefix); ok {
		return len(rest) >= 8 && isPlain(rest, "")
	}
	return len(name) == nameLen && isName(name)
}

// IsHash reports whether s is a sha256 in lower-case hex.
func IsHash(s string) bool {
	return len(s) == 2*nameLen && isName(s[:nameLen]) && isName(s[nameLen:])
}

// isName reports whether s is a run of nameLen lower-case hex digits.
func isName(s string) bool {
	return len(s) == nameLen && strings.Trim(s, "0123456789abcdef") == ""
}

// CleanOld removes from a cache directory the programs other than keep that Settle
// has not checked, and so nobody has used, for longer than age, and what broken pushes
// left behind. It touches no other file. An age under two days makes no sense.
func CleanOld(dir, keep string, age time.Duration) error {
	now := time.Now()
	var errs []error
	entries, err := os.ReadDir(dir)
	errs = append(errs, err)
	for _, e := range entries {
		if !isCached(e.Name()) || e.Name() == keep || !e.Type().IsRegular() {
			continue
		}
		limit := age
		if strings.HasPrefix(e.Name(), tempPrefix) {
			limit = min(age, tempAge)
		}
		info, err := e.Info()
		if err == nil && now.Sub(info.ModTime()) > limit {
			err = os.Remove(filepath.Join(dir, e.Name()))
		}
		if !errors.Is(err, os.ErrNotExist) { // another program cleans too
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return value.Errorf(value.KindOS, "cannot clean the cache %s: %w", dir, err)
	}
	return nil
}
