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
	for name, depth := range map[string]cluster.Depth{"names": cluster.Names, "offsets": cluster.Offsets} {
		t.Run(name, func(t *testing.T) {
			c := kafkatest.Start(t, kafkatest.Options{Nodes: 3, OffsetsPartitions: 50})
			seed(t, c, 1, groups)
			stop := make(chan struct{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				whole, failed, silent := 0, 0, 0
				for {
					select {
					case <-stop:
						t.Logf("%d reads whole, %d with errors, %d with groups missing in silence", whole, failed, silent)
						if silent > 0 || whole == 0 {
							t.Fail()
						}
						return
					default:
					}
					n, errs := readNames(t, c, depth)
					switch {
					case errs > 0:
						failed++
					case n == groups:
						whole++
					default:
						silent++
					}
				}
			}()
			for range 4 {
				c.Shutdown(t, 2)
				c.Restart(t, 2)
			}
			close(stop)
			<-done
			if n, errs := readNames(t, c, depth); n != groups || errs > 0 {
				t.Errorf("in the end: %d groups, %d errors", n, errs)
			}
		})
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
