package cluster

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBatchesHoldAllInOrderAndNoMoreThanFits(t *testing.T) {
	var tps []TP
	for p := range int32(300) {
		tps = append(tps, TP{"t", p})
	}
	parts := batches("g", tps, func(TP) int { return 4000 })
	if diff := cmp.Diff(tps, slices.Concat(parts...)); diff != "" {
		t.Errorf("not all in order (-want +got)\n%s", diff)
	}
	var sizes []int
	for _, part := range parts {
		sizes = append(sizes, len(part))
	}
	if diff := cmp.Diff([]int{159, 141}, sizes); diff != "" {
		t.Errorf("partitions by batch (-want +got)\n%s", diff)
	}
}

func TestBatchesOfOrdinaryGroupsAreOne(t *testing.T) {
	var tps []TP
	for p := range int32(3000) {
		tps = append(tps, TP{strings.Repeat("t", 40), p})
	}
	if parts := batches(strings.Repeat("g", 40), tps, func(TP) int { return 12 }); len(parts) != 1 {
		t.Errorf("%d requests, want 1", len(parts))
	}
}

func TestBatchesOfWhatFitsNone(t *testing.T) {
	tps := []TP{{"t", 0}, {"t", 1}}
	parts := batches("g", tps, func(TP) int { return 2 << 20 })
	if diff := cmp.Diff([][]TP{{{"t", 0}}, {{"t", 1}}}, parts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
