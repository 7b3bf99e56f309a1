package digest

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"hash/fnv"
	"unicode/utf16"

	"golang.org/x/crypto/blake2b"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// algorithms are those of New, in the order of the documentation.
const algorithms = "md5, sha1, sha256, sha512, blake2b, crc32"

// New returns a hash by its algorithm's name; an unknown one is a ValueError.
func New(algorithm string) (hash.Hash, error) {
	switch algorithm {
	case "md5":
		return md5.New(), nil
	case "sha1":
		return sha1.New(), nil
	case "sha256":
		return sha256.New(), nil
	case "sha512":
		return sha512.New(), nil
	case "blake2b":
		return blake2b.New512(nil)
	case "crc32":
		return crc32.NewIEEE(), nil
	}
	return nil, value.Errorf(value.KindValue, "unknown hash %q (there are %s)", algorithm, algorithms)
}

// Module makes the module hash, which can itself be called as Starlark's hash.
func Module() *interp.Module {
	m := &interp.Module{
		Name: "hash",
		Doc:  "Checksums of text or bytes, in hexadecimal. Called as a function it is Starlark's hash.",
		Call: &interp.Func{Name: "hash", Doc: "Returns a number for text or bytes: equal ones have equal numbers.",
			Params: []interp.Param{{Name: "x", Doc: "Text or bytes.", Required: true}}, Impl: starlarkHash},
	}
	for _, alg := range []string{"md5", "sha1", "sha256", "sha512", "blake2b", "crc32"} {
		m.Funcs = append(m.Funcs, sumFunc(alg))
	}
	m.Funcs = append(m.Funcs, &interp.Func{
		Name: "hmac", Doc: "Returns the keyed checksum (HMAC) of data.",
		Params: []interp.Param{
			{Name: "key", Doc: "Text, bytes or a Secret.", Required: true},
			{Name: "data", Doc: "Text or bytes.", Required: true},
			{Name: "algorithm", Doc: "One of " + algorithms + ".", Default: "sha256"},
		}, Impl: hmacSum})
	return m
}

func sumFunc(algorithm string) *interp.Func {
	return &interp.Func{Name: algorithm, Doc: "Returns the " + algorithm + " checksum of data.",
		Params: []interp.Param{{Name: "data", Doc: "Text or bytes.", Required: true}},
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			data, err := a.Data("data")
			if err != nil {
				return nil, err
			}
			h, err := New(algorithm)
			if err != nil {
				return nil, err
			}
			h.Write([]byte(data))
			return hex.EncodeToString(h.Sum(nil)), nil
		}}
}

func hmacSum(_ context.Context, a *interp.Args) (value.Value, error) {
	key, err := a.Data("key")
	if err != nil {
		return nil, err
	}
	data, err := a.Data("data")
	if err != nil {
		return nil, err
	}
	alg, err := a.String("algorithm")
	if err != nil {
		return nil, err
	}
	if _, err := New(alg); err != nil {
		return nil, err
	}
	if alg == "crc32" {
		return nil, value.Errorf(value.KindValue, "crc32 is no cryptographic hash: no hmac can be made with it")
	}
	mac := hmac.New(func() hash.Hash { h, _ := New(alg); return h }, []byte(key))
	mac.Write([]byte(data))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// starlarkHash follows the Starlark specification: Java's String.hashCode for
// text, FNV-1a of 32 bits for bytes.
func starlarkHash(_ context.Context, a *interp.Args) (value.Value, error) {
	switch v := a.Value("x").(type) {
	case string:
		var h int32
		for _, u := range utf16.Encode([]rune(v)) {
			h = 31*h + int32(u)
		}
		return int64(h), nil
	case value.Bytes:
		h := fnv.New32a()
		h.Write([]byte(v))
		return int64(h.Sum32()), nil
	}
	return nil, a.Errorf("argument x: want string or bytes, got %s", value.TypeName(a.Value("x")))
}
