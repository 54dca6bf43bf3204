package inspect

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestAppendTime(t *testing.T) {
	for ms, want := range map[int64]string{
		0:               "1970-01-01T00:00:00.000Z",
		-1:              "1969-12-31T23:59:59.999Z",
		951782400000:    "2000-02-29T00:00:00.000Z",
		-62167219200000: "0000-01-01T00:00:00.000Z",
		253402300799999: "9999-12-31T23:59:59.999Z",
		253402300800000: "253402300800000",
		-62167219200001: "-62167219200001",
		1795539727440:   "2026-11-24T17:02:07.440Z",
		1<<63 - 1:       "9223372036854775807",
	} {
		if got := string(AppendTime(nil, ms)); got != want {
			t.Errorf("%d: got %s, want %s", ms, got, want)
		}
	}
}

// Each fifth day from the year 0 to 9999, at some time of the day, is what package time says.
func TestAppendTimeIsTheCalendars(t *testing.T) {
	const day = 24 * 60 * 60 * 1000
	r := rand.New(rand.NewPCG(1, 2))
	for ms := int64(-62167219200000); ms < 253402300800000-5*day; ms += 5 * day {
		at := ms + r.Int64N(day)
		if got, want := string(AppendTime(nil, at)), time.UnixMilli(at).UTC().Format("2006-01-02T15:04:05.000Z"); got != want {
			t.Fatalf("%d: got %s, want %s", at, got, want)
		}
	}
}
