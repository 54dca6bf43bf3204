//go:build kafka

package main_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/offsetctl/offsetctl/cmd"
	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// gate holds writes back until it is opened.
type gate struct {
	open chan struct{}
	held chan struct{} // closed at the first write
	once sync.Once
	bytes.Buffer
}

func (g *gate) Write(p []byte) (int, error) {
	g.once.Do(func() { close(g.held) })
	<-g.open
	return g.Buffer.Write(p)
}

// TestKafkaInspectScanInWhoseMiddleABrokerEnds reads more than fits into memory, and shows it only when a leader has
// ended and others lead its partitions: what was fetched before and after is all there is, once. Leaders that come back
// get their partitions back, and would be asked in vain only for a moment.
func TestKafkaInspectScanInWhoseMiddleABrokerEnds(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{Nodes: 3, OffsetsPartitions: 6})
	fillOffsets(t, c, 6, 550) // 30 KB each
	g := &gate{open: make(chan struct{}), held: make(chan struct{})}
	opened := sync.OnceFunc(func() { close(g.open) })
	var errs lockedBuffer
	exit := make(chan int, 1)
	go func() {
		exit <- cmd.Main(t.Context(), []string{"inspect", "-v", "-o", "ndjson", "-b", c.Bootstrap()}, strings.NewReader(""), g, &errs)
	}()
	defer opened()
	<-g.held
	c.Shutdown(t, 3)
	before := strings.Count(errs.String(), "Fetch")
	opened()
	if code := <-exit; code != 0 || strings.Contains(errs.String(), "error: ") {
		t.Errorf("exit %d, stderr %s", code, errs.String())
	}
	if after := strings.Count(errs.String(), "Fetch"); before == 0 || after <= before {
		t.Errorf("%d requests in the beginning and %d in all: the scan was not in the middle", before, after)
	}
	want, got := linesByPartition(ok(t, c, "inspect", "-o", "ndjson")), linesByPartition(g.String())
	for p := range want {
		if d := gocmp.Diff(offsets(want[p]), offsets(got[p])); d != "" {
			t.Errorf("partition %s (-afterwards +in the middle):\n%s", p, d)
		}
	}
}

// offsets are the beginnings of items.
func offsets(lines []string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, l[:strings.Index(l, `,"timestamp"`)])
	}
	return out
}

// fillOffsets writes commits with long metadata into the partitions of __consumer_offsets, as brokers let only an
// admin client do.
func fillOffsets(t *testing.T, c *kafkatest.Cluster, partitions int32, records int64) {
	t.Helper()
	p := c.Kgo(t, kgo.ClientID("__admin_client"), kgo.DefaultProduceTopic("__consumer_offsets"), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()))
	key, err := inspect.ConsumerOffsets.EncodeKey([]byte(`{"type":1,"data":{"group":"g","topic":"orders","partition":0}}`))
	if err != nil {
		t.Fatal(err)
	}
	for n := range records {
		value, err := inspect.ConsumerOffsets.EncodeValue(1, fmt.Appendf(nil, `{"version":3,"data":{"offset":%d,"leaderEpoch":-1,"metadata":%q,"commitTimestamp":%d}}`, n, strings.Repeat("x", 30_000), time.Now().UnixMilli()))
		if err != nil {
			t.Fatal(err)
		}
		for part := range partitions {
			p.Produce(t.Context(), &kgo.Record{Partition: part, Key: key, Value: value}, func(_ *kgo.Record, err error) {
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}
