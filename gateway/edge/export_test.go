package edge

// export what the tests of the server need from those of the scanner.
var (
	WireFaults = wireFaults
	WireGood   = wireGood
)
