// Package digest is the scripts' modules hash, base64 and hex.
package digest
