//go:build kafka

package cluster_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaOffsetsByTime asks for records whose times are not in the order of the log, some of them in one batch,
// and before, at and after all of them.
func TestKafkaOffsetsByTime(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{})
	c.Topic(t, "t", 1, 0)
	now := time.Now().UnixMilli()
	times := []int64{now - 5000, now - 1000, now - 3000, now, now}
	p := c.Kgo(t, kgo.DefaultProduceTopic("t"))
	var batch []*kgo.Record
	for i, ms := range times {
		batch = append(batch, &kgo.Record{Value: []byte("x"), Timestamp: time.UnixMilli(ms)})
		if i == 2 { // three in the first batch, two in the second
			produceAll(t, p, batch)
			batch = nil
		}
	}
	produceAll(t, p, batch)

	client, err := cluster.Dial(cluster.Config{Bootstrap: strings.Split(c.Bootstrap(), ",")})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	run := client.Run(cluster.In(time.Now(), 30*time.Second))
	if _, errs := run.Brokers(t.Context()); errs != nil {
		t.Fatal(errs)
	}
	tp := cluster.TP{Topic: "t"}
	specs := []cluster.Spec{cluster.LogEnd}
	for _, ms := range []int64{-1, now - 5000, now - 4000, now - 1000, now - 999, now, now + 1} {
		specs = append(specs, cluster.At(ms))
	}
	log := run.Offsets(t.Context(), run.Topics(t.Context(), []string{"t"}), []cluster.TP{tp}, specs...)[tp]
	if log.Err != nil || *log.End != 5 {
		t.Fatalf("end %v, error %v", log.End, log.Err)
	}
	epoch := int32(0)
	at := func(offset int64) *cluster.Moment {
		return &cluster.Moment{Offset: offset, Timestamp: times[offset], LeaderEpoch: &epoch}
	}
	want := map[cluster.Spec]*cluster.Moment{
		cluster.At(-1): at(0), cluster.At(now - 5000): at(0), cluster.At(now - 4000): at(1), cluster.At(now - 1000): at(1),
		cluster.At(now - 999): at(3), cluster.At(now): at(3), cluster.At(now + 1): nil,
	}
	if d := cmp.Diff(want, log.Times); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func produceAll(t *testing.T, p *kgo.Client, records []*kgo.Record) {
	t.Helper()
	if err := p.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}
