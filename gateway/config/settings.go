package config

// Setting is what config.toml documents of one key.
type Setting struct {
	Path     string // "queue.retain", "sources.NAME.path", "destinations.NAME.auth(basic).username"
	Type     string // what it wants, in words
	Default  any    // nil: none
	Required bool
	Meaning  string
	Why      string // that default, or none
}

// Reference lists every key that may stand in the file, tables before what is in them.
func Reference() []Setting { return describe(configSettings) }

func describe[T any](settings []setting[T]) []Setting {
	var list []Setting
	for _, s := range settings {
		list = append(list, Setting{s.key, s.reads.wants, s.def, s.required != "", s.meaning, s.why})
		for _, inner := range s.reads.inner {
			inner.Path = s.key + "." + inner.Path
			list = append(list, inner)
		}
	}
	return list
}

// configSettings are the file's tables. Secrets come first: the others' values may need them. Behind plugins the store can be
// opened, with the secrets in it.
var configSettings = []setting[Config]{
	{key: "secrets", def: map[string]any{}, meaning: "where {{secret.NAME}} is looked up",
		reads: opening(table("{ … }", secretsSettings, func(c *Config) *Secrets { return &c.Secrets }))},
	{key: "queue", def: map[string]any{}, meaning: "where accepted events wait",
		reads: table("{ … }", queueSettings, func(c *Config) *Queue { return &c.Queue })},
	{key: "plugins", def: map[string]any{}, meaning: "where plugins are and what each may use",
		reads: storable(table("{ … }", pluginsSettings, func(c *Config) *Plugins { return &c.Plugins }))},
	{key: "server", def: map[string]any{}, meaning: "where the gateway listens and what it takes",
		reads: table("{ … }", serverSettings, func(c *Config) *Server { return &c.Server })},
	{key: "tables", meaning: "where plugins look things up",
		reads: named("table", tableSettings, beginTable, func(c *Config) *[]*Table { return &c.Tables })},
	{key: "sources", meaning: "who sends events",
		reads: named("source", sourceSettings, beginSource, func(c *Config) *[]*Source { return &c.Sources })},
	{key: "destinations", meaning: "where events are delivered",
		reads: named("destination", destinationSettings, beginDestination, func(c *Config) *[]*Destination { return &c.Destinations })},
	{key: "routes", meaning: "which events go where", reads: routes()},
	{key: "endpoints", def: map[string]any{}, meaning: "destinations that are set up at run time",
		reads: table("{ … }", endpointsSettings, func(c *Config) *Endpoints { return &c.Endpoints })},
}
