package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

var (
	errDuration = errors.New(`not a duration such as "30s", "5m", "24h" or "3d"`)
	errSize     = errors.New(`not a size such as "500KB", "1MiB" or "10GiB"`)
	errRate     = errors.New(`not a rate such as "50/s", "300/m" or "1000/h"`)
)

// ParseDuration reads "30s", "1h30m" and, since retention is counted in them, days of 24 hours: "3d". Never negative.
func ParseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, errDuration
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, errDuration
	}
	return d, nil
}

var sizes = []struct {
	unit  string
	bytes int64
}{ // longer units first: "MiB" ends in "B" too
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"KB", 1e3}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

// ParseSize reads a number of bytes: "1MiB" is 1,048,576, "1MB" 1,000,000. A fraction may stand before the unit.
func ParseSize(s string) (int64, error) {
	for _, size := range sizes {
		number, ok := strings.CutSuffix(s, size.unit)
		if !ok {
			continue
		}
		n, err := parseCount(strings.TrimSpace(number))
		if total := n * float64(size.bytes); err == nil && total < math.MaxInt64 {
			return int64(math.Round(total)), nil
		}
		break
	}
	return 0, errSize
}

// formatSize writes a size as ParseSize reads it, in the largest unit that needs no fraction.
func formatSize(bytes int64) string {
	for _, unit := range []struct {
		name  string
		bytes int64
	}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if bytes >= unit.bytes && bytes%unit.bytes == 0 {
			return strconv.FormatInt(bytes/unit.bytes, 10) + unit.name
		}
	}
	return strconv.FormatInt(bytes, 10) + "B"
}

// Rate is how many in how long.
type Rate struct {
	Count float64
	Per   time.Duration
}

// ParseRate reads "50/s", "300/m", "1000/h".
func ParseRate(s string) (Rate, error) {
	count, unit, _ := strings.Cut(s, "/")
	per, ok := rateUnits[strings.TrimSpace(unit)]
	n, err := parseCount(strings.TrimSpace(count))
	if !ok || err != nil || n == 0 {
		return Rate{}, errRate
	}
	return Rate{n, per}, nil
}

// rate is how many in how long.
func rate[T any](field func(*T) *Rate) reads[T] {
	k := kind{`a rate such as "50/s", "300/m" or "1000/h"`, `"50/s"`}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		value, ok := r.string(n, k, usage{})
		if !ok {
			return
		}
		parsed, err := ParseRate(value.plain)
		if err != nil {
			r.invalid(n, k, strconv.Quote(value.shown))
		}
		*field(t) = parsed
	}}
}

// String writes a rate as ParseRate reads it; "" for none.
func (r Rate) String() string {
	for unit, per := range rateUnits {
		if r.Per == per {
			return strconv.FormatFloat(r.Count, 'f', -1, 64) + "/" + unit
		}
	}
	return ""
}

var rateUnits = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}

// parseCount reads digits with at most one point: no sign, no exponent, no "Inf".
func parseCount(s string) (float64, error) {
	if strings.Trim(s, "0123456789.") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(s, 64)
}
