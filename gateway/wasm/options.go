package wasm

// PluginOptions bind a module to one configuration. What is nil is not there for the plugin.
type PluginOptions struct {
	Config    []byte // JSON, handed to the plugin as the fact config
	Limits    Limits // zero fields are the host's; Memory and Module always are
	Instances int    // at most this many calls run at once; 0: twice the processors, at least 4
	Ready     int    // instances kept ready; 0: one for each processor, at least 2 and at most 4
	// Lazy keeps none ready: an instance is made when a call wants one, and let go when none has for a while. It is for
	// plugins of which there are thousands and few busy. Tried says that this module has taken this very configuration
	// before, so that New need not make one to see whether it does.
	Lazy, Tried bool
	Tables      Tables
	State       State
	Signer      Signer
}

// Tables answers lookups. The value is read before the next call and not kept. It must be safe for concurrent use.
type Tables interface {
	Lookup(table, key string) (value []byte, ok bool)
}

// State reads a plugin's memory; what it writes comes back in Output.State. It must be safe for concurrent use.
type State interface {
	Get(key string) (value []byte, ok bool)
}

// Signer makes MACs with secrets that a configuration grants. Algorithms: 0 HMAC-SHA256, 1 HMAC-SHA1, 2 HMAC-SHA512.
// ok is false for a secret that is not granted and an algorithm that is not known. It must be safe for concurrent use.
type Signer interface {
	Sign(secret string, algorithm int, data []byte) (mac []byte, ok bool)
}
