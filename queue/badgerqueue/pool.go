package badgerqueue

import (
	"reflect"
	"unsafe"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/ristretto/v2/z"
)

// sparesPool has Badger build tables in memory that the collector takes back, and gives the pool that it would have used
// instead; nil when it could not. The pool keeps the memory of eight builders, each as large as the largest table it ever
// built, for ever: 400 to 800 MB once the write buffer has been through all of them.
//
//go:norace
func sparesPool(db *badger.DB) *z.AllocatorPool {
	f := reflect.ValueOf(db).Elem().FieldByName("allocPool")
	if !f.IsValid() || f.Type() != reflect.TypeFor[*z.AllocatorPool]() {
		return nil
	}
	at := (**z.AllocatorPool)(unsafe.Pointer(f.UnsafeAddr()))
	pool := *at
	*at = nil // a builder at work has its own pointer to the pool
	return pool
}
