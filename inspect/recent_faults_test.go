package inspect

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// What cannot be read is left out, and no more than that, and the answer says that it is not whole.
func TestRecentCommitsOfADamagedLog(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(s logSegment, size int)
		want  []string
	}{
		"a CRC":                 {func(s logSegment, size int) { s.bytes[size+70] ^= 1 }, []string{"g 0 orders:0 0", "g 2 orders:0 2", "g 3 orders:0 3"}},
		"an offset, far beyond": {func(s logSegment, _ int) { s.say(1, 1<<60) }, []string{"g 0 orders:0 0", "g 2 orders:0 2", "g 3 orders:0 3"}},
		"an offset, a little":   {func(s logSegment, _ int) { s.say(1, 2) }, []string{"g 0 orders:0 0", "g 2 orders:0 1", "g 3 orders:0 3"}},
		"an offset, back":       {func(s logSegment, _ int) { s.say(2, 0) }, []string{"g 0 orders:0 0", "g 1 orders:0 1", "g 3 orders:0 3"}},
		"the last offset":       {func(s logSegment, _ int) { s.say(3, 9) }, []string{"g 0 orders:0 0", "g 1 orders:0 1", "g 2 orders:0 2"}},
		"a length":              {func(s logSegment, size int) { s.bytes[2*size+8] = 0xff }, []string{"g 0 orders:0 0", "g 1 orders:0 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			live(t, 1, func(t *testing.T, f *liveFake) {
				since := time.Now()
				f.commits(f.producer(), 0, "g", 0)
				l := &leaderLog{segments: []logSegment{segmentOf(t, 0, 1, 2, 3)}, end: 4, limit: 1 << 20}
				c.spoil(l.segments[0], len(l.segments[0].bytes)/4)
				f.answers(l)
				wantRecent(t, append(c.want, "g not whole"), f.recent(since, recentMost, "g"))
			})
		})
	}
}

// Of a value that cannot be decoded its group alone is the worse.
func TestRecentCommitsThatCannotBeDecoded(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		since := time.Now()
		f.produce(f.producer(),
			&kgo.Record{Key: commitKey1(t, "g", "orders", 0), Value: []byte{0, 99, 1}},
			&kgo.Record{Key: commitKey1(t, "g", "orders", 1), Value: commitValue3(t, 1)},
			&kgo.Record{Key: commitKey1(t, "h", "orders", 1), Value: commitValue3(t, 2)},
			&kgo.Record{Key: []byte{0, 99}, Value: []byte{1}},
			&kgo.Record{Value: []byte{1}},
		)
		wantRecent(t, []string{"g 1 orders:1 1", "g not whole", "h 2 orders:1 2"}, f.recent(since, recentMost, "g", "h"))
	})
}

func TestRecentCommitsOfALeaderThatHasMoved(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		since := time.Now()
		p, was := f.producer(), partitionFor("g", 3)
		f.commits(p, was, "g", 1)
		f.commits(p, was, "g", 2)
		f.commits(p, was, "g", 3)
		run := f.run()
		f.lead((was+1)%3, was)
		metadata := f.counted(kmsg.Metadata)
		f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			req.MaxBytes = 1
			return nil, nil, false
		})
		got := RecentCommits(t.Context(), run, run.OffsetsTopic(), []string{"g"}, since, recentMost)
		wantRecent(t, []string{"g 0 orders:0 1", "g 1 orders:0 2", "g 2 orders:0 3"}, got)
		if *metadata != 2 {
			t.Errorf("the leader was looked up %d times, want 2: for the offsets, and for the records", *metadata)
		}
	})
}

// A new leader knows an earlier end than the old one until its followers have fetched, and sends nothing beyond it.
func TestRecentCommitsOfALeaderThatIsBehind(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		p := f.producer()
		f.commits(p, 0, "g", 1)
		time.Sleep(time.Second)
		since := time.Now()
		f.commits(p, 0, "g", 2)
		f.commits(p, 0, "g", 3)
		first := true
		f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			behind := first
			first, req.MaxBytes = false, 1
			resp := answer(req, 0, nil)
			resp.Topics[0].Partitions[0].HighWatermark = 1
			return resp, nil, behind
		})
		wantRecent(t, []string{"g 1 orders:0 2", "g 2 orders:0 3"}, f.recent(since, recentMost, "g"))
	})
}

// A partition waits for its turn while those before it fill the answers, however many these are.
func TestRecentCommitsOfAPartitionThatWaits(t *testing.T) {
	live(t, 6, func(t *testing.T, f *liveFake) {
		since, p := time.Now(), f.producer()
		f.lead(0, 0, 1, 2, 3, 4, 5)
		groups := []string{"a", "b"}
		stored := map[int32]string{}
		var want []string
		for _, g := range groups {
			stored[partitionFor(g, 6)] = g
			f.commits(p, partitionFor(g, 6), g, 0)
			for n := range int64(2 * idleLimit) {
				want = append(want, fmt.Sprintf("%s %d orders:0 7", g, n))
			}
		}
		f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			asked := req.Topics[0].Partitions
			log := newTestLog(t)
			log.next = asked[0].FetchOffset
			resp := answer(req, asked[0].Partition, log.commits(stored[asked[0].Partition], 7).bytes)
			resp.Topics[0].Partitions[0].HighWatermark = 2 * idleLimit
			for _, a := range asked[1:] {
				p := kmsg.NewFetchResponseTopicPartition()
				p.Partition, p.HighWatermark = a.Partition, 2*idleLimit
				resp.Topics[0].Partitions = append(resp.Topics[0].Partitions, p)
			}
			return resp, nil, true
		})
		wantRecent(t, want, f.recent(since, recentMost, groups...))
	})
}

// There is nothing to wait for in a log whose leader goes on sending nothing.
func TestRecentCommitsOfALeaderThatSendsNothing(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		since := time.Now()
		f.commits(f.producer(), 0, "g", 1)
		f.sends(0, nil)
		wantRecent(t, []string{"g not whole"}, f.recent(since, recentMost, "g"))
	})
}

// The groups of other leaders do not suffer.
func TestRecentCommitsOfALeaderThatDoesNotAnswer(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		since, p := time.Now(), f.producer()
		groups := []string{"a", "b", "c"} // stored in partitions 1, 2 and 0
		for i, g := range groups {
			f.commits(p, partitionFor(g, 3), g, int64(i))
		}
		f.fetches(func(node int32, _ *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			return nil, io.EOF, node == partitionFor("b", 3)
		})
		wantRecent(t, []string{
			"a 0 orders:0 0",
			"b not whole",
			"b partition __consumer_offsets:2: broker 2 (localhost:9094): the connection was closed while waiting for the answer (CONNECTION_CLOSED)",
			"c 0 orders:0 2",
		}, f.recent(since, recentMost, groups...))
	})
}

func TestRecentCommitsThatMayNotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		key   kmsg.Key
		code  *kerr.Error
		want  string
		again bool // it is tried again for a while
	}{
		"not allowed":             {kmsg.Fetch, kerr.TopicAuthorizationFailed, "g topic __consumer_offsets: this user is not authorized (TOPIC_AUTHORIZATION_FAILED)", false},
		"not allowed to describe": {kmsg.ListOffsets, kerr.TopicAuthorizationFailed, "g topic __consumer_offsets: this user is not authorized (TOPIC_AUTHORIZATION_FAILED)", false},
		"never out of trouble":    {kmsg.Fetch, kerr.KafkaStorageError, "g partition __consumer_offsets:0: disk error when trying to access log file on the disk (KAFKA_STORAGE_ERROR)", true},
	} {
		t.Run(name, func(t *testing.T) {
			live(t, 1, func(t *testing.T, f *liveFake) {
				since := time.Now()
				f.commits(f.producer(), 0, "g", 1)
				f.refuses(c.key, c.code)
				start := time.Now()
				wantRecent(t, []string{"g not whole", c.want}, f.recent(since, recentMost, "g"))
				if waited := time.Since(start) > 0; waited != c.again {
					t.Errorf("waited: %v, want %v", waited, c.again)
				}
			})
		})
	}
}

// refuses has all requests for records, or for offsets, of partition 0 answered with a code.
func (f *liveFake) refuses(key kmsg.Key, why *kerr.Error) {
	f.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
		f.KeepControl()
		if req, ok := req.(*kmsg.FetchRequest); ok {
			resp := answer(req, 0, nil)
			resp.Topics[0].Partitions[0].ErrorCode = why.Code
			return resp, nil, true
		}
		resp := req.ResponseKind().(*kmsg.ListOffsetsResponse)
		topic, p := kmsg.NewListOffsetsResponseTopic(), kmsg.NewListOffsetsResponseTopicPartition()
		p.ErrorCode = why.Code
		topic.Topic, topic.Partitions = "__consumer_offsets", append(topic.Partitions, p)
		resp.Topics = append(resp.Topics, topic)
		return resp, nil, true
	})
}

func TestRecentCommitsWithoutTheTopic(t *testing.T) {
	live(t, 0, func(t *testing.T, f *liveFake) {
		wantRecent(t, []string{"g not whole", "g topic __consumer_offsets: no such topic (UNKNOWN_TOPIC_OR_PARTITION)"}, f.recent(time.Now(), recentMost, "g"))
		got := RecentCommits(t.Context(), f.run(), cluster.Topic{}, []string{"g"}, time.Now(), recentMost)
		wantRecent(t, []string{"g not whole", "g topic __consumer_offsets: the topic does not exist, or is not visible to this user (UNKNOWN_TOPIC_OR_PARTITION)"}, got)
	})
}

func TestRecentCommitsInterrupted(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		since := time.Now()
		f.commits(f.producer(), 0, "g", 1)
		f.fetches(func(int32, *kmsg.FetchRequest) (kmsg.Response, error, bool) { return nil, nil, true }) // never answers
		run := f.run()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		start := time.Now()
		time.AfterFunc(time.Second, cancel)
		got := RecentCommits(ctx, run, run.OffsetsTopic(), []string{"g"}, since, recentMost)
		if e := got[0].Err; !e.Interrupted() || time.Since(start) != time.Second {
			t.Errorf("after %v: %v", time.Since(start), e)
		}
	})
}
