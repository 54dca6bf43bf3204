package cmd

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/offsetctl/offsetctl/inspect"
)

// largeScan is from where on people are told what a scan has before it: records of a few hundred bytes make a
// gigabyte of this many.
func (s *session) largeScan() inspect.Large {
	return cmp.Or(s.large, inspect.Large{Offsets: 4_000_000, Bytes: 1_000_000_000})
}

// noteSize says, before a large scan, how large the topic is. What stops early, or is not to end, is not announced.
func (s *session) noteSize(ctx context.Context, req inspectRequest, live *inspect.Live) {
	if s.shape.quiet || req.follow || req.scan.Limit > 0 || req.last > 0 && req.scan.Filter.All() {
		return
	}
	if size := live.Size(ctx, s.largeScan()); size != nil {
		s.note("%s is %s%s", live.Topic.Name, sizeText(*size, len(live.Topic.Partitions), s.now, req.zone), readsLess(req.narrower()))
	}
}

// noteSizeOfFiles is noteSize for segments.
func (s *session) noteSizeOfFiles(req inspectRequest, segments []inspect.Segment) {
	if s.shape.quiet || req.scan.Limit > 0 {
		return
	}
	if size := inspect.SizeOfFiles(segments, s.largeScan()); size != nil {
		var narrower []string
		if size.Partitions > 1 {
			narrower = []string{"--partition"}
		}
		s.note("%s is %s%s", req.scan.Topic.LogName(), sizeText(*size, size.Partitions, s.now, req.zone), readsLess(narrower))
	}
}

// narrower are the ways to read less that the request has not gone yet.
func (req inspectRequest) narrower() []string {
	var ways []string
	if !req.latest && !req.scan.Range.From.Given() {
		ways = append(ways, "--from")
	}
	if req.partitions == nil && req.groups == nil {
		ways = append(ways, "--partition")
		if req.scan.Topic == inspect.ConsumerOffsets {
			ways = append(ways, "a group")
		}
	}
	return ways
}

// sizeText is how much there is, in some of a topic's partitions or all, and since when.
func sizeText(size inspect.Size, all int, now time.Time, zone *time.Location) string {
	partitions := count(size.Partitions, "partition")
	if size.Partitions < all {
		partitions = fmt.Sprintf("%d of its %d partitions", size.Partitions, all)
	}
	text := fmt.Sprintf("%s in %s", bytesText(float64(size.Bytes)), partitions)
	if size.Oldest != nil {
		at := time.UnixMilli(int64(*size.Oldest))
		text += ", its oldest record of " + at.In(zone).Format(time.DateOnly)
		if !at.After(now) {
			text += fmt.Sprintf(" (%s ago)", age(now, *size.Oldest))
		}
	}
	return text
}

// readsLess says what to do about it.
func readsLess(ways []string) string {
	switch last := len(ways) - 1; last {
	case -1:
		return ""
	case 0:
		return "; " + ways[0] + " reads less"
	default:
		return "; " + strings.Join(ways[:last], ", ") + " or " + ways[last] + " reads less"
	}
}
