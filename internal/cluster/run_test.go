package cluster

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestForgottenBrokerIsAskedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		b := node(1)
		f.wire(b, func(context.Context) (net.Conn, error) { return nil, errRefused })
		failing := func() string {
			return codes(second(ask[*kmsg.MetadataResponse](t.Context(), r, b, metadataRequest(nil))))[0]
		}
		diff(t, "refused", CodeRefused, failing())
		f.wire(b, nil)
		diff(t, "remembered", CodeRefused, failing())
		r.Forget(node(2))
		diff(t, "another one forgotten", CodeRefused, failing())
		r.Forget(b)
		diff(t, "forgotten", "", failing())
	})
}

func TestRunUntilKnowsWhatTheOneBeforeDoes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready().Until(Deadline{Each: 7 * time.Second})
		diff(t, "patience", 7*time.Second, r.Patience())
		diff(t, "patience of none", time.Minute, r.Until(Deadline{}).Patience())
		if b, ok := r.Node(2); !ok || b != node(2) {
			t.Errorf("node 2 is %v, %v", b, ok)
		}
		f.wire(node(1), mute)
		start := time.Now()
		_, e := ask[*kmsg.MetadataResponse](t.Context(), r, node(1), metadataRequest(nil))
		took(t, 7*time.Second, start)
		diff(t, "code", []string{CodeTimeout}, codes(e))
	})
}

func second[A, B any](_ A, b B) B { return b }
