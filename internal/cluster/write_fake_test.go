package cluster

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// verb is one kind of changing request.
type verb struct {
	key  kmsg.Key
	send func(ctx context.Context, r *Run, ref Ref) fate // of the first thing it names
}

func verbs() map[string]verb {
	items := []Commit{{TP: TP{"t", 0}, Offset: 7, LeaderEpoch: -1}}
	return map[string]verb{
		"commit": {kmsg.OffsetCommit, func(ctx context.Context, r *Run, ref Ref) fate {
			o := r.Commit(ctx, ref, items).Items[0]
			return fate{o.Err, o.Unknown}
		}},
		"delete offsets": {kmsg.OffsetDelete, func(ctx context.Context, r *Run, ref Ref) fate {
			o := r.DeleteOffsets(ctx, ref, []TP{{"t", 0}}).Items[0]
			return fate{o.Err, o.Unknown}
		}},
		"alter share offsets": {kmsg.AlterShareGroupOffsets, func(ctx context.Context, r *Run, ref Ref) fate {
			o := r.AlterShareOffsets(ctx, ref, items).Items[0]
			return fate{o.Err, o.Unknown}
		}},
		"delete share offsets": {kmsg.DeleteShareGroupOffsets, func(ctx context.Context, r *Run, ref Ref) fate {
			o := r.DeleteShareOffsets(ctx, ref, []string{"t"})[0]
			return fate{o.Err, o.Unknown}
		}},
		"delete groups": {kmsg.DeleteGroups, func(ctx context.Context, r *Run, ref Ref) fate {
			o := r.DeleteGroups(ctx, []Ref{ref})[0]
			return fate{o.Err, o.Unknown}
		}},
	}
}

// prepare makes what the request deletes. It does not count.
func (v verb) prepare(f *fake, r *Run, ref Ref) {
	switch v.key {
	case kmsg.OffsetDelete, kmsg.DeleteGroups:
		f.commit(ref.Group, 1)
	case kmsg.DeleteShareGroupOffsets:
		verbs()["alter share offsets"].send(f.t.Context(), r, ref)
	}
	f.calls()
}

// succeeds fails the test unless the change was carried out.
func succeeds(t *testing.T, got fate) {
	t.Helper()
	if got.err != nil || got.unknown {
		t.Errorf("got error %v, unknown %v", got.err, got.unknown)
	}
}

// groupOn is the name of a group that the broker coordinates.
func groupOn(f *fake, b Broker) string {
	for i := 0; ; i++ {
		if g := fmt.Sprint("on", b.ID, "-", i); f.CoordinatorFor(g) == b.ID {
			return g
		}
	}
}

// cutting connects to a broker that hangs up in place of answering requests of one kind, which it carries out.
func (f *fake) cutting(b Broker, key kmsg.Key) dialFunc { return f.withholding(b, key, true) }

// muffling connects to a broker whose answers to requests of one kind, which it carries out, do not come.
func (f *fake) muffling(b Broker, key kmsg.Key) dialFunc { return f.withholding(b, key, false) }

func (f *fake) withholding(b Broker, key kmsg.Key, hangUp bool) dialFunc {
	return func(ctx context.Context) (net.Conn, error) {
		broker, err := f.pipes.DialContext(ctx, "tcp", b.Addr())
		if err != nil {
			return nil, err
		}
		client, server := net.Pipe()
		var mu sync.Mutex
		held := map[uint32]bool{} // by correlation id
		go func() {               // ends when the client hangs up
			for frame := range frames(server) {
				mu.Lock()
				held[binary.BigEndian.Uint32(frame[8:])] = binary.BigEndian.Uint16(frame[4:]) == uint16(key)
				mu.Unlock()
				_, _ = broker.Write(frame)
			}
			_ = broker.Close()
		}()
		go func() {
			for frame := range frames(broker) {
				mu.Lock()
				hold := held[binary.BigEndian.Uint32(frame[4:])]
				mu.Unlock()
				if hold && hangUp {
					break
				}
				if !hold {
					_, _ = server.Write(frame)
				}
			}
			_ = server.Close()
		}()
		return client, nil
	}
}

// slow has requests of one kind take their time.
func slow(f *fake, key kmsg.Key, d time.Duration) {
	f.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
		f.KeepControl()
		time.Sleep(d)
		return nil, nil, false
	})
}

// garbling connects to a broker whose answers to requests of one kind end too early.
func (f *fake) garbling(b Broker, key kmsg.Key) dialFunc {
	return func(ctx context.Context) (net.Conn, error) {
		broker, err := f.pipes.DialContext(ctx, "tcp", b.Addr())
		if err != nil {
			return nil, err
		}
		client, server := net.Pipe()
		go func() { // ends when the client hangs up
			for frame := range frames(server) {
				if binary.BigEndian.Uint16(frame[4:]) == uint16(key) {
					_, _ = server.Write(append([]byte{0, 0, 0, 6}, append(frame[8:12:12], 0, 9)...))
					continue
				}
				_, _ = broker.Write(frame)
			}
			_ = broker.Close()
		}()
		go func() { _, _ = io.Copy(server, broker) }()
		return client, nil
	}
}

// commitAnswer answers every partition of a commit with a code.
func commitAnswer(req *kmsg.OffsetCommitRequest, code func(TP) int16) []kmsg.OffsetCommitResponseTopic {
	var out []kmsg.OffsetCommitResponseTopic
	for _, t := range req.Topics {
		rt := kmsg.OffsetCommitResponseTopic{Topic: t.Topic}
		for _, p := range t.Partitions {
			rt.Partitions = append(rt.Partitions, kmsg.OffsetCommitResponseTopicPartition{Partition: p.Partition, ErrorCode: code(TP{t.Topic, p.Partition})})
		}
		out = append(out, rt)
	}
	return out
}
