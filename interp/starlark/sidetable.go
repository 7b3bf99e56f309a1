package starlark

import (
	"runtime"
	"sync"
	"weak"
)

// sideTable holds what is known of values that have no room for it, for as long
// as those live. A V must not refer to its own key.
type sideTable[K, V any] struct {
	mu sync.Mutex
	m  map[weak.Pointer[K]]V
}

func (t *sideTable[K, V]) get(k *K) (V, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := t.m[weak.Make(k)]
	return v, ok
}

func (t *sideTable[K, V]) set(k *K, v V) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.m == nil {
		t.m = map[weak.Pointer[K]]V{}
	}
	p := weak.Make(k)
	if _, ok := t.m[p]; !ok {
		runtime.AddCleanup(k, t.drop, p)
	}
	t.m[p] = v
}

func (t *sideTable[K, V]) drop(p weak.Pointer[K]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.m, p)
}

// bounded is a cache that forgets everything when it is full: what is in use
// comes back at once.
type bounded[K comparable, V any] struct {
	limit int
	m     map[K]V
}

func (b *bounded[K, V]) get(k K) (V, bool) { v, ok := b.m[k]; return v, ok }

func (b *bounded[K, V]) set(k K, v V) {
	if b.m == nil || len(b.m) >= b.limit {
		b.m = map[K]V{}
	}
	b.m[k] = v
}

func (b *bounded[K, V]) clear() { b.m = nil }
