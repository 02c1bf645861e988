package send

import "time"

// KeepIdle sets how long connections over plain http are kept while they are idle.
func (c *Client) KeepIdle(d time.Duration) { c.direct.idleFor = d }
