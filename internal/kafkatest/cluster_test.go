//go:build kafka

package kafkatest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// eventually fails the test unless f returns nil within a minute and a half.
func eventually(t *testing.T, what string, f func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	if err := poll(ctx, f); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// metadata asks one node for the cluster, without retries.
func metadata(t *testing.T, c *Cluster, id int, timeout time.Duration) (*kmsg.MetadataResponse, error) {
	t.Helper()
	cl := c.Kgo(t, kgo.SeedBrokers(c.Addr(id)), kgo.RequestRetries(0))
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	return kmsg.NewPtrMetadataRequest().RequestWith(ctx, requestor{cl.SeedBrokers()[0]})
}

func TestStopAndRestartKeepsDataAndAddress(t *testing.T) {
	t.Parallel()
	c := Start(t, Options{})
	c.Topic(t, "orders", 2, 7)
	addr := c.Addr(1)
	c.Stop(t, 1)
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("a stopped node accepts connections")
	}
	borrowPort(t, c.nodes[0])
	c.Restart(t, 1)
	if n := c.nodes[0].starts; n < 3 {
		t.Errorf("node started %d times, want 3 or more: its port was taken the second time", n)
	}
	if c.Addr(1) != addr || c.Bootstrap() != addr {
		t.Errorf("after restart: addr %s, bootstrap %s, want %s", c.Addr(1), c.Bootstrap(), addr)
	}
	r := c.Tool(t, "org.apache.kafka.tools.GetOffsetShell", "--bootstrap-server", c.Bootstrap(), "--topic", "orders")
	if want := (ToolResult{Stdout: "orders:0:7\norders:1:7\n"}); r != want {
		t.Errorf("GetOffsetShell: %s", cmp.Diff(want, r))
	}
}

// borrowPort takes a stopped node's port until the node has complained about it in its log.
func borrowPort(t *testing.T, n *node) {
	t.Helper()
	l, err := net.Listen("tcp", n.addr())
	if err != nil {
		t.Fatal(err)
	}
	pattern := n.dir + "/kafka-*.log"
	go func() {
		defer l.Close()
		poll(t.Context(), func() error {
			logs, _ := filepath.Glob(pattern)
			for _, name := range logs {
				if text, _ := os.ReadFile(name); bytes.Contains(text, []byte("Address already in use")) {
					return nil
				}
			}
			return errors.New("no complaint")
		})
	}()
}

func TestThreeNodes(t *testing.T) {
	t.Parallel()
	c := Start(t, Options{Nodes: 3, OffsetsPartitions: 7, Props: []string{"num.partitions=4"}})
	for id := range 3 {
		m, err := metadata(t, c, id+1, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Brokers) != 3 || *m.ClusterID != c.ID() {
			t.Errorf("node %d: cluster %s with %d brokers, want %s with 3", id+1, *m.ClusterID, len(m.Brokers), c.ID())
		}
		for _, topic := range m.Topics {
			if *topic.Topic == offsetsTopic && len(topic.Partitions) != 7 {
				t.Errorf("node %d: %d offsets partitions, want 7", id+1, len(topic.Partitions))
			}
		}
	}

	c.Pause(t, 2)
	conn, err := net.Dial("tcp", c.Addr(2))
	if err != nil {
		t.Errorf("a paused node refuses connections: %v", err)
	} else {
		conn.Close()
	}
	if _, err := metadata(t, c, 2, time.Second); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a paused node answered: %v", err)
	}
	c.Resume(t, 2)
	if _, err := metadata(t, c, 2, 10*time.Second); err != nil {
		t.Errorf("after resume: %v", err)
	}

	c.Stop(t, 3)
	eventually(t, "the others take node 3 for dead", func() error {
		m, err := metadata(t, c, 1, 5*time.Second)
		if err == nil && len(m.Brokers) != 2 {
			err = fmt.Errorf("%d brokers", len(m.Brokers))
		}
		return err
	})
	c.Restart(t, 3)
}

func TestStartReportsWhatKafkaSays(t *testing.T) {
	for _, tt := range []struct{ name, prop, want string }{
		{"formatting", "log.cleaner.threads=-1", "log.cleaner.threads"},
		{"starting", "authorizer.class.name=no.such.Authorizer", "no.such.Authorizer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &fatal{TB: t}
			func() {
				defer func() { recover() }()
				Start(f, Options{Props: []string{tt.prop}})
			}()
			if !strings.Contains(f.message, tt.want) {
				t.Errorf("with %s: %q, want a mention of %q", tt.prop, f.message, tt.want)
			}
		})
	}
}

// fatal records the message of a Fatal instead of failing the test.
type fatal struct {
	testing.TB
	message string
}

func (f *fatal) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	panic(f)
}

func TestDenyByHost(t *testing.T) {
	for _, nodes := range []int{1, 3} {
		t.Run(fmt.Sprint(nodes, "nodes"), func(t *testing.T) {
			t.Parallel()
			c := Start(t, Options{Nodes: nodes, Authorizer: true})
			c.Topic(t, "orders", 1, 1)
			stranger := c.Kgo(t, kgo.Dialer((&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext))
			if err := findGroup(t, stranger, "billing"); err != nil {
				t.Fatalf("before Deny: %v", err)
			}
			c.Deny(t, "group", "billing", "describe", "127.0.0.2")
			for _, tt := range []struct {
				who   string
				cl    *kgo.Client
				group string
				want  error
			}{
				{"127.0.0.1", c.Kgo(t), "billing", nil},
				{"127.0.0.2", stranger, "billing", kerr.GroupAuthorizationFailed},
				{"127.0.0.2", stranger, "shipping", nil},
			} {
				if err := findGroup(t, tt.cl, tt.group); !errors.Is(err, tt.want) {
					t.Errorf("describing %s from %s: %v, want %v", tt.group, tt.who, err, tt.want)
				}
			}
		})
	}
}

// findGroup asks for the coordinator of a group, the first thing for which one must be allowed to describe it.
func findGroup(t *testing.T, cl *kgo.Client, group string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	find := kmsg.NewPtrFindCoordinatorRequest()
	find.CoordinatorKey, find.CoordinatorKeys = group, []string{group}
	found, err := find.RequestWith(ctx, cl)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(found.Coordinators[0].ErrorCode)
}
