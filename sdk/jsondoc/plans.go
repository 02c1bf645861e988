package jsondoc

import (
	"reflect"
	"sync"
)

// planCache is a map behind a lock: types are few, and looked up far more often than added.
type planCache struct {
	mu sync.RWMutex
	m  map[reflect.Type]*plan
}

func (c *planCache) get(t reflect.Type) *plan {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.m[t]
}

func (c *planCache) put(t reflect.Type, p *plan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = make(map[reflect.Type]*plan)
	}
	c.m[t] = p
}
