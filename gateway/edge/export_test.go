package edge

// export what the tests of the server need from those of the scanner.
var (
	WireFaults = wireFaults
	WireGood   = wireGood
)

// Bodies is what bodies take of the budget, in bytes.
func (s *Server) Bodies() int64 { return s.bodies.used.Load() }

// Open is how many connections are open.
func (s *Server) Open() int64 { return s.open.Load() }
