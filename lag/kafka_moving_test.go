//go:build kafka

package lag_test

import (
	"strings"
	"testing"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaNoGroupIsMissedInSilence reads over and over while a broker shuts down in order and comes back.
// Meanwhile brokers list no groups, and no error, of partitions of __consumer_offsets that one has given up
// and the next not taken over yet: every read has all groups, or an error.
func TestKafkaNoGroupIsMissedInSilence(t *testing.T) {
	const groups = 10 // so few that most of the 50 partitions have none
	c := kafkatest.Start(t, kafkatest.Options{Nodes: 3, OffsetsPartitions: 50})
	seed(t, c, 1, groups)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		reads := map[string]int{}
		for reading(stop) {
			for name, depth := range map[string]cluster.Depth{"names": cluster.Names, "offsets": cluster.Offsets} {
				switch n, errs := readNames(t, c, depth); {
				case errs > 0:
					reads[name+" with errors"]++
				case n < groups:
					reads[name+" not whole"]++
				default:
					reads[name]++
				}
			}
		}
		t.Log(reads)
		if reads["names"] == 0 || reads["offsets"] == 0 || reads["names not whole"]+reads["offsets not whole"] > 0 {
			t.Error("groups are missing without an error")
		}
	}()
	for range 2 {
		c.Shutdown(t, 2)
		c.Restart(t, 2)
	}
	close(stop)
	<-done
	if n, errs := readNames(t, c, cluster.Offsets); n != groups || errs > 0 {
		t.Errorf("in the end: %d groups, %d errors", n, errs)
	}
}

func reading(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return false
	default:
		return true
	}
}

// readNames counts groups and errors of one read.
func readNames(t *testing.T, c *kafkatest.Cluster, d cluster.Depth) (groups, errs int) {
	client, err := cluster.Dial(cluster.Config{Bootstrap: strings.Split(c.Bootstrap(), ",")})
	if err != nil {
		t.Error(err)
		return 0, 1
	}
	defer client.Close()
	read, failed := client.Run(cluster.In(time.Now(), 30*time.Second)).Left(3).ReadGroups(t.Context(), cluster.Selection{}, d)
	if failed != nil {
		return 0, len(failed)
	}
	n := len(read.Errors)
	for _, g := range read.All {
		if g.CommitsErr != nil || g.DescribeErr != nil {
			n++
		}
	}
	return len(read.All), n
}
