package badgerqueue

import (
	"reflect"
	"unsafe"

	badger "github.com/dgraph-io/badger/v4"
)

// sparesValueLog stops Badger from syncing its value log with each commit, and says whether it could. Nothing is ever
// written there: values stay below the threshold (see TestNothingGoesToTheValueLog). Badger syncs it all
// the same, and a sync with nothing to write still has the disk flush its cache: a fifth to a quarter of a commit's time.
//
// The setting is a private field. Where a later Badger has no such field this does nothing, and commits take longer.
func sparesValueLog(db *badger.DB) bool {
	log := reflect.ValueOf(db).Elem().FieldByName("vlog")
	if log.Kind() != reflect.Struct {
		return false
	}
	opt := log.FieldByName("opt")
	if opt.Kind() != reflect.Struct {
		return false
	}
	sync := opt.FieldByName("SyncWrites")
	if sync.Kind() != reflect.Bool || !sync.CanAddr() {
		return false
	}
	*(*bool)(unsafe.Pointer(sync.UnsafeAddr())) = false
	return true
}
