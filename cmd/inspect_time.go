package cmd

import (
	"strconv"
	"time"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/output"
)

// moment is a column of times.
func moment[T any](name string, zone *time.Location, get func(*T) *inspect.Millis) output.Column[T] {
	return output.Column[T]{Name: name, Append: func(b []byte, r *T) []byte {
		if ms := get(r); ms != nil {
			return appendTime(b, int64(*ms), zone)
		}
		return nil
	}}
}

// ago is a column of how long ago times are.
func ago[T any](name string, now time.Time, get func(*T) *inspect.Millis) output.Column[T] {
	return output.Column[T]{Name: name, Right: true, Append: func(b []byte, r *T) []byte {
		if ms := get(r); ms != nil {
			return append(b, age(now, *ms)...)
		}
		return nil
	}}
}

// age is how long ago a time is, in its two largest units: 3m12s, 5d4h. A clock that is ahead of ours makes it
// negative.
func age(now time.Time, then inspect.Millis) string {
	ms := now.UnixMilli() - int64(then)
	sign := ""
	if ms < 0 {
		sign, ms = "-", -ms
	}
	seconds := ms / 1000
	units := []struct {
		name string
		size int64
	}{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}
	for i, u := range units {
		n := seconds / u.size
		if n == 0 && u.size > 1 {
			continue
		}
		out := sign + strconv.FormatInt(n, 10) + u.name
		if i+1 < len(units) {
			if rest := seconds % u.size / units[i+1].size; rest > 0 {
				out += strconv.FormatInt(rest, 10) + units[i+1].name
			}
		}
		return out
	}
	return "0s"
}
