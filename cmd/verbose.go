package cmd

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/output"
)

// requestLog prints one line per connection and request for --verbose.
type requestLog struct {
	mu sync.Mutex
	w  io.Writer
}

var (
	_ kgo.HookBrokerConnect = (*requestLog)(nil)
	_ kgo.HookBrokerE2E     = (*requestLog)(nil)
)

func (l *requestLog) OnBrokerConnect(b kgo.BrokerMetadata, took time.Duration, _ net.Conn, err error) {
	l.print("connect", b, took, "", err)
}

func (l *requestLog) OnBrokerE2E(b kgo.BrokerMetadata, key int16, e kgo.BrokerE2E) {
	l.print(kmsg.NameForKey(key), b, e.DurationE2E(), fmt.Sprintf(" out %d in %d bytes", e.BytesWritten, e.BytesRead), e.Err())
}

func (l *requestLog) print(what string, b kgo.BrokerMetadata, took time.Duration, size string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	result := ""
	if err != nil {
		result = ": " + err.Error()
	}
	line := fmt.Sprintf("%s %s %s%s%s", what, net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port))), took.Round(10*time.Microsecond), size, result)
	fmt.Fprintf(l.w, "offsetctl: %s\n", output.AppendEscaped(nil, line))
}
