//go:build kafka

package inspect

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaSizeIsThatOfTheFiles compares what a leader says of the size and age of its logs with its own files.
func TestKafkaSizeIsThatOfTheFiles(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{Authorizer: true})
	c.Topic(t, "orders", 1, 0)
	admin := kadm.NewClient(c.Kgo(t))
	for g := range 20 {
		var offsets kadm.Offsets
		offsets.Add(kadm.Offset{Topic: "orders", Partition: 0, At: int64(g), LeaderEpoch: -1})
		if err := admin.CommitAllOffsets(t.Context(), fmt.Sprintf("group-%d", g), offsets); err != nil {
			t.Fatal(err)
		}
	}
	plan := func(from net.IP) *Live {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}
		client, err := cluster.Dial(cluster.Config{Bootstrap: []string{c.Bootstrap()}, Dial: dialer.DialContext})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		l, report, errs := Plan(t.Context(), client.Run(cluster.In(time.Now(), time.Minute)), Wanted{})
		if len(errs) > 0 || len(report.Errors) > 0 {
			t.Fatal(errs, report.Errors)
		}
		return l
	}
	paths, err := filepath.Glob(c.DataDir(1) + "/__consumer_offsets-*")
	if err != nil {
		t.Fatal(err)
	}
	segments, err := FindSegments(ConsumerOffsets, paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, want := plan(net.IPv4(127, 0, 0, 1)).Size(t.Context(), Large{Offsets: 20, Bytes: 1000}), SizeOfFiles(segments, Large{Bytes: 1000})
	if diff := cmp.Diff(want, got); diff != "" || got == nil || got.Oldest == nil {
		t.Errorf("(-files +broker):\n%s", diff)
	}

	c.Deny(t, "cluster", "kafka-cluster", "describe", "127.0.0.2")
	if got := plan(net.IPv4(127, 0, 0, 2)).Size(t.Context(), Large{}); got != nil {
		t.Errorf("without the right, and %+v", got)
	}
}
