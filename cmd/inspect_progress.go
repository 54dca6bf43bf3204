package cmd

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/offsetctl/offsetctl/inspect"
)

const (
	progressAfter = time.Second // what is over sooner needs no line
	progressEvery = 250 * time.Millisecond
)

// progress has a line on stderr say how far a scan has come, until stop is called. There is none where nobody would
// see it, nor where rows are printed to a terminal meanwhile, which it would tear; atEnd: they come when all is read.
func (s *session) progress(ctx context.Context, o *inspect.Options, atEnd bool) (stop func()) {
	if s.status == nil || s.shape.quiet || s.outTTY && !atEnd || s.env("TERM") == "dumb" {
		return func() {}
	}
	o.Progress = &inspect.Progress{}
	ctx, cancel := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() { s.status.watch(ctx, o.Progress) })
	return sync.OnceFunc(func() {
		cancel()
		watcher.Wait()
	})
}

// statusLine is stderr on a terminal. Below what is written there it can show one line more, which is rewritten in
// place, and erased before anything else is written.
type statusLine struct {
	width func() int // of the terminal, 0 if unknown; nil likewise

	mu    sync.Mutex
	out   io.Writer
	shown bool
}

func (l *statusLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
	return l.out.Write(p)
}

// eraseLine goes to the beginning of the line and erases it to its end.
const eraseLine = "\r\x1b[K"

func (l *statusLine) erase() {
	if l.shown {
		_, _ = io.WriteString(l.out, eraseLine)
		l.shown = false
	}
}

// clear erases the line.
func (l *statusLine) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
}

// show shows a line in place of the one before.
func (l *statusLine) show(text string) {
	width := 0
	if l.width != nil {
		width = l.width()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = io.WriteString(l.out, eraseLine+fitLine(text, width))
	l.shown = true
}

// fitLine shortens a line to what a terminal shows of it without going to the next one, whose width is 80 if unknown.
func fitLine(text string, width int) string {
	if width <= 0 {
		width = 80
	}
	runes := []rune(text)
	if len(runes) < width { // in the last column some go to the next line
		return text
	}
	return string(runes[:max(width-2, 0)]) + "…"
}

// watch shows how far a scan has come until ctx ends.
func (l *statusLine) watch(ctx context.Context, p *inspect.Progress) {
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	defer l.clear()
	var begin time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if begin.IsZero() {
				begin = now.Add(-progressEvery)
			}
			took, c := now.Sub(begin), p.Counts()
			if took >= progressAfter && c.Partitions > 0 && ctx.Err() == nil {
				l.show("offsetctl: " + progressText(c, took))
			}
		}
	}
}

// progressText is what a line says of a scan that has taken so long.
func progressText(c inspect.Counts, took time.Duration) string {
	text := fmt.Sprintf("%d of %s, %s records read", c.Ended, count(int(c.Partitions), "partition"), rounded(float64(c.Records), "", "k", "M", "G"))
	if c.Bytes > 0 {
		text += ", " + bytesText(float64(c.Bytes)/took.Seconds()) + "/s"
	}
	if left := timeLeft(c, took); left != "" {
		text += ", " + left + " left"
	}
	return text
}

// maxTimeLeft is more than any scan takes: what comes out longer was derived from too little.
const maxTimeLeft = 24 * time.Hour

// timeLeft is how long a scan still takes at the speed so far; empty: nothing tells.
func timeLeft(c inspect.Counts, took time.Duration) string {
	if c.Done <= 0 || c.Done >= c.Total {
		return ""
	}
	seconds := took.Seconds() / float64(c.Done) * float64(c.Total-c.Done)
	switch {
	case seconds > maxTimeLeft.Seconds():
		return ""
	case seconds < 100:
		return fmt.Sprintf("%d s", int(seconds)+1)
	case seconds < 100*60:
		return fmt.Sprintf("%.0f min", seconds/60)
	}
	return fmt.Sprintf("%.0f h", seconds/3600)
}

// bytesText is a number of bytes: 12.3 GB.
func bytesText(n float64) string { return rounded(n, " B", " kB", " MB", " GB", " TB") }

// rounded is a number in the unit in which it has up to three digits before its point; each unit is a thousand of the
// one before.
func rounded(n float64, units ...string) string {
	k := 0
	for n >= 999.5 && k < len(units)-1 {
		n /= 1000
		k++
	}
	if k > 0 && n < 99.95 {
		return fmt.Sprintf("%.1f%s", n, units[k])
	}
	return fmt.Sprintf("%.0f%s", n, units[k])
}
