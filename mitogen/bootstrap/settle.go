package bootstrap

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

const (
	// settleBudget bounds what the check of the program's own sha256 may cost.
	settleBudget = 10 * time.Millisecond
	settleChunk  = 256 << 10
	// tempPrefix starts the name of a file that is being pushed.
	tempPrefix = ".x"
	// tempAge is when a file that was being pushed counts as left behind.
	tempAge = time.Hour
)

// Settle is called by a program that a first stage may have started, with its
// argv[0], before it says up. A temporary file (Options.Cache was false) is
// removed; a file of the cache is compared with the sha256 that it is named by,
// if that takes less than 10 ms. One that differs is removed and an error. It
// gives the cache directory and the file's name in it, "" for a program that
// does not come from a cache.
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
	sum, err := hashWithin(argv0, settleBudget)
	if err != nil {
		return dir, name, value.Errorf(value.KindStream, "cannot check the cached program: %w", err)
	}
	if sum != "" && !strings.HasPrefix(sum, name) {
		return dir, name, errors.Join(
			value.Errorf(value.KindStream, "the cached program %s is damaged: its sha256 is %s", argv0, sum),
			os.Remove(argv0))
	}
	return dir, name, nil
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

// hashWithin gives the sha256 in hex, or "" as soon as it is clear that the
// whole will take longer than the budget.
func hashWithin(path string, budget time.Duration) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	start, sum := time.Now(), sha256.New()
	for done := int64(0); done < info.Size(); {
		n, err := io.CopyN(sum, f, settleChunk)
		done += n
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if n == 0 {
			break
		}
		if done < info.Size() && float64(time.Since(start))*float64(info.Size()) > float64(budget)*float64(done) {
			return "", nil
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// CleanOld removes from a cache directory the programs other than keep that
// were last used longer than age ago, and what broken pushes left behind; it
// marks keep as used now. It touches no other file.
func CleanOld(dir, keep string, age time.Duration) error {
	now := time.Now()
	var errs []error
	if err := os.Chtimes(filepath.Join(dir, keep), now, now); !errors.Is(err, os.ErrNotExist) {
		errs = append(errs, err)
	}
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
