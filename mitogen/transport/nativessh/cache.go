package nativessh

import (
	"context"
	"errors"
	"sync"
)

// Cache keeps what the ssh program said about hosts, by host and arguments, for
// as long as its owner likes: each question starts a process (about 10 ms). The
// zero Cache is ready; it may be used by several goroutines, which wait for one
// answer to the same question.
type Cache struct {
	mu      sync.Mutex
	entries map[string]*cacheEntry // guarded by mu
}

type cacheEntry struct {
	done   chan struct{}
	values values // owned by the one that reads until done
	err    error
}

// get returns the entry of key, which read makes if there is none. Failures are
// not kept, and one caller's cancellation is not another's.
func (c *Cache) get(ctx context.Context, key string, read func(context.Context) (values, error)) (values, error) {
	if c == nil {
		return read(ctx)
	}
	for {
		e, mine := c.entry(key)
		if mine {
			e.values, e.err = read(ctx)
			if e.err != nil {
				c.forget(key)
			}
			close(e.done)
			return e.values, e.err
		}
		select {
		case <-e.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if e.err == nil || !isContextEnd(e.err) {
			return e.values, e.err
		}
	}
}

func (c *Cache) entry(key string) (e *cacheEntry, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[key]; ok {
		return e, false
	}
	if c.entries == nil {
		c.entries = map[string]*cacheEntry{}
	}
	e = &cacheEntry{done: make(chan struct{})}
	c.entries[key] = e
	return e, true
}

func (c *Cache) forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, key)
}

func isContextEnd(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
