// Package inventory says which hosts there are, which of them a pattern means, and
// how each is reached. It connects to none.
package inventory
