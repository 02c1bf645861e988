// Package config reads config.toml into typed values, strictly: an unknown key, a wrong type, a name that nothing
// defines is a Fault with file, line, column, and what to do. Load finds every fault it can in one run.
//
// Each setting is declared once, in a slice that gives its key, default, meaning and kind of value; one function reads
// any table by such a slice, so defaults, remedies, suggestions for misspelt keys and the list that config.toml is held
// against all come from the same place. The values are read by a TOML library, which does not tell where they stand; a
// scanner of our own finds the place of every key and value.
//
// References, {{env.NAME}} and the like, are filled in while a value is read. A secret becomes what its place needs: a
// value where the gateway itself uses it, a placeholder of a Vault where a plugin sees it, its name where people do.
//
// What is read here is data. Parts are built from it by the packages that own them; when one of those refuses a value
// (a bad expression, a plugin that does not load), Config.At gives the place to blame.
package config

import (
	"net/netip"
	"time"

	"github.com/plugboard/plugboard/gateway/secret"
)

// Config is a whole configuration, with every default filled in and every reference resolved.
type Config struct {
	Server       Server
	Queue        Queue
	Plugins      Plugins
	Secrets      Secrets
	Tables       []*Table       // by name
	Sources      []*Source      // by name
	Destinations []*Destination // by name
	Routes       []*Route       // in the file's order
	Endpoints    Endpoints

	// Vault holds every secret that the file names or spells out: its Redact is for logs and errors. It reveals nothing.
	Vault *secret.Vault

	// Named are the secrets that the file names.
	Named map[string]Named

	file     string
	endpoint string              // its ID, where this is an endpoint's (Endpoint.Alone)
	written  map[string]string   // of an endpoint
	places   map[string]Position // by key path, "destinations.babelforce.url", "routes[0].when"
	literals map[string]literal  // of expressions, by key path
}

// Named is a secret that the file names: where it was found, and where the file names it first.
type Named struct {
	From Origin
	At   Position
}

// Endpoints bounds what is set up at run time.
type Endpoints struct {
	Most         int
	DisableAfter time.Duration // 0: never
}

// Server is where the gateway listens and what it takes from a connection.
type Server struct {
	Listen         string        // host:port for vendors; "127.0.0.1:0" takes a free port
	Admin          string        // host:port of the API
	Dev            string        // host:port where `plugboard dev` plays the demo destination; the address guard lets dev alone reach it
	Proxy          Proxy         // for every destination that names none
	MaxBody        int64         // bytes, after decompression; also bounds headers by the rest of the limits below
	MaxBodies      int64         // bytes of all bodies in memory at once; 0: by the memory limit
	MaxConnections int           // over all addresses
	PerAddress     int           // connections of one address
	ReadTimeout    time.Duration // of a whole request
	WriteTimeout   time.Duration
	IdleTimeout    time.Duration
	PublicURL      string         // by which senders know the gateway, without a slash at its end; "" when nobody said
	TrustedProxies []netip.Prefix // whose word on the sender's address counts
	TLS            TLS
	AdminTLS       TLS
	AdminHosts     []string // names by which the API may be asked, in lower case, besides localhost and its certificate's
}

// TLS is a certificate with its key; the zero TLS is none.
type TLS struct {
	Cert string // files in PEM
	Key  string
}

// Queue is the engine and its bounds.
type Queue struct {
	Engine  string // "badger"
	Dir     string
	Retain  time.Duration
	MaxDisk int64 // bytes
	MinFree int64 // bytes free on the file system below which nothing is accepted
	Encrypt bool  // what is stored is sealed
}

// Plugins is where plugin files are and what each may use.
type Plugins struct {
	Dir      string
	Cache    string // compiled code, private to this user
	Memory   int64
	Deadline time.Duration

	State     int64 // bytes that a plugin may remember at one source or destination
	StateKeys int
}

// Secrets is where {{secret.NAME}} is looked up: the environment (PLUGBOARD_SECRET_ + name in upper case, other
// characters than letters and digits as "_"), then a file of that name in Dir, then the store.
type Secrets struct {
	Dir     string // "" for none
	KeyFile string // the master key that seals what is in the store; "" for none
}

// Origin is where a secret was found.
type Origin string

// The places of secrets, in the order in which they are asked.
const (
	FromEnv   Origin = "environment"
	FromFile  Origin = "file"
	FromStore Origin = "store"
	fromTest  Origin = "given" // by Options.Store
)

// Source receives.
type Source struct {
	Name    string
	Path    string   // raw path, as it stands in the request line
	Methods []string // allowed; POST unless set
	Plugin  string   // "" accepts CloudEvents, or any JSON as it is
	Verify  []Verify // any of them; never empty: scheme "none" is said aloud
	Config  Settings
	Dedupe  time.Duration
	Limit   Rate  // of requests; zero: none
	MaxBody int64 // bytes, after decompression; 0: the server's
	// PublicURL is scheme and host, perhaps with a path before Path, by which its sender knows the gateway; the server's
	// unless set.
	PublicURL string
	Echo      time.Duration // how long an echo is known for one; 0: never
	Redact    *Redact       // nil: nothing
	EchoOf    []string      // destinations that it reports from; none: those with its plugin (Config.ReportsFrom)
	Vault     *secret.Vault // of Config's placeholders; its Redact is for what the plugin says
}

// Verify is one way a sender may prove who it is.
type Verify struct {
	Scheme    string         // as config.toml lists them; "all": every one of All must hold
	All       []Verify       // without "all" among them
	Secrets   []secret.Value // secret, token, password or value: any of them, while rotating
	Username  string         // basic
	Header    string         // header; hmac: the signature's
	Name      string         // query: the parameter; body-token: the member
	Tolerance time.Duration  // how far a signed timestamp may be off; 0: not checked
	// AllowTestSecret lets a Zendesk secret be the one that Zendesk publishes.
	AllowTestSecret bool

	Algorithm       string // hmac: sha1, sha256 or sha512
	Encoding        string // hmac: hex or base64
	Prefix          string // hmac: before the encoded sum
	Signed          string // hmac: a template with {body}, {timestamp}, {id}, {url}
	TimestampHeader string // hmac
	IDHeader        string // hmac

	Keys     map[string]string // talkdesk: public keys in PEM, by id
	Allow    []netip.Prefix    // ip
	Clients  []Client          // oauth
	Lifetime time.Duration     // oauth: of a token
	CA       string            // mtls: a file of certificates in PEM
	Names    []string          // mtls: of a client's certificate; empty: any that CA signed
}

// Client is who may fetch a token: with ID and Secret, with Username and Password, or with all four.
type Client struct {
	ID       string
	Secret   secret.Value
	Username string
	Password secret.Value
}

// Settings is a plugin's configuration: JSON, in which each secret is a placeholder (secret.Vault) where the file says
// {{secret.NAME}}. Grants holds the secrets it may use.
type Settings struct {
	JSON   []byte
	Grants []string // secret names
}

// Destination is a system that events are delivered to.
type Destination struct {
	Name         string
	Plugin       string
	URL          secret.Text // may hold secrets, as Telegram's does
	Auth         Auth
	Timeout      time.Duration // of one exchange
	Concurrency  int
	Rate         Rate   // exchanges; the zero Rate: no limit
	SlowDown     bool   // heeds what its answers say of its limits
	OrderBy      string // expression over the event; "" for none
	LatestOnly   bool   // a newer event of the same key replaces one that waits
	Retry        Retry
	Success      []string // "2xx", "304"
	Permanent    []string // statuses after which trying again cannot help
	RetryOn      []string // statuses after which it can
	Headers      map[string]secret.Text
	AllowPrivate bool
	AllowHTTP    bool
	Sign         Sign
	TLS          ClientTLS
	Proxy        Proxy
	Redirects    int    // how many are followed in one exchange; 0: none
	Compress     string // request bodies: "none" (or ""), "gzip"
	Config       Settings
	Vault        *secret.Vault // the secrets that this destination's own configuration names, and nothing else
}

// Auth is how requests to a destination are authorised.
type Auth struct {
	Type         string // "", bearer, basic, api-key, oauth2-password, oauth2-client-credentials
	Token        secret.Value
	Username     string
	Password     secret.Value
	Name         string // api-key: header or query parameter
	In           string // api-key: "header" or "query"
	Value        secret.Value
	TokenURL     string
	ClientID     string
	ClientSecret secret.Value
	ClientAuth   string // how the client proves itself at token_url: "basic" (or ""), "body"
	Scope        string
	Audience     string
}

// Retry is one of three forms: Every and For; Schedule; Backoff, Factor, Max and Attempts.
type Retry struct {
	Every    time.Duration
	For      time.Duration
	Schedule []time.Duration
	Backoff  time.Duration
	Factor   float64
	Max      time.Duration
	Attempts int
}

// Route picks events and names destinations.
type Route struct {
	Index   int // in the file, from 0
	Name    string
	From    []string // sources; empty: all
	Types   []string // "agent.*"; empty: all
	When    string   // condition; "" for always
	Via     []Via
	To      []string
	Shadow  *Via // runs beside its destinations' plugins; nil: none. Its Config.JSON is nil where it takes the destination's
	Enabled bool
	Echoes  bool // events that the gateway itself caused are wanted too
}

// Via is a transform plugin on a route.
type Via struct {
	Plugin string
	Config Settings
	Vault  *secret.Vault // of Config's placeholders: no destination reveals them
}
