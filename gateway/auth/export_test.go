package auth

// ByWall plants a fault: what is decided goes by the wall clock.
func ByWall(a Authorizer) { a.(*oauth).now = a.(*oauth).wall }
