// Package random is the scripts' modules random and uuid.
package random
