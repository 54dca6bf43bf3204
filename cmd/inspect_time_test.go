package cmd

import (
	"testing"
	"time"

	"github.com/offsetctl/offsetctl/inspect"
)

func TestAge(t *testing.T) {
	now := time.UnixMilli(1700000000000)
	for want, before := range map[string]time.Duration{
		"0s":     999 * time.Millisecond,
		"59s":    59 * time.Second,
		"1m":     time.Minute,
		"3m12s":  192 * time.Second,
		"2h":     2*time.Hour + 59*time.Second,
		"5d4h":   124*time.Hour + 30*time.Minute,
		"-1m5s":  -65 * time.Second,
		"1d":     24 * time.Hour,
		"400d1h": 400*24*time.Hour + time.Hour,
	} {
		if got := age(now, inspect.Millis(now.Add(-before).UnixMilli())); got != want {
			t.Errorf("%s: %s, want %s", before, got, want)
		}
	}
}
