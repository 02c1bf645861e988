package deliver

import (
	"fmt"
	"net/http"

	"github.com/plugboard/plugboard/gateway/config"
)

// statuses says what each status means where no plugin judges the answer.
type statuses [600]Class

// rules are what a configuration says of statuses, the more exact the stronger: "404" before "4xx".
func newStatuses(c *config.Destination) (s statuses, err error) {
	for code := range s {
		switch {
		case code == http.StatusGone:
			s[code] = Disable
		case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
			s[code] = Retry
		default:
			s[code] = Dead
		}
	}
	success := c.Success
	if len(success) == 0 {
		success = []string{"2xx"}
	}
	lists := []struct {
		name  string
		items []string
		class Class
	}{{"success", success, Delivered}, {"permanent", c.Permanent, Dead}, {"retry_on", c.RetryOn, Retry}}
	for _, exact := range []bool{false, true} {
		for _, list := range lists {
			for _, item := range list.items {
				low, high, ok := statusRange(item)
				if !ok {
					return s, fmt.Errorf("%s %q is not a status; write 204 or 2xx", list.name, item)
				}
				for code := low; code <= high && exact == (low == high); code++ {
					s[code] = list.class
				}
			}
		}
	}
	return s, nil
}

// statusRange reads "204" or "2xx".
func statusRange(item string) (low, high int, ok bool) {
	if len(item) != 3 || item[0] < '1' || item[0] > '5' {
		return 0, 0, false
	}
	low = int(item[0]-'0') * 100
	switch {
	case item[1:] == "xx":
		return low, low + 99, true
	case isDigit(item[1]) && isDigit(item[2]):
		low += int(item[1]-'0')*10 + int(item[2]-'0')
		return low, low, true
	}
	return 0, 0, false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// of gives the class of a status; one that HTTP does not have is dead below 100 and tried again above 599.
func (s *statuses) of(status int) Class {
	if status >= 0 && status < len(s) {
		return s[status]
	}
	return Retry
}
