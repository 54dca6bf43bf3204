package cluster

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestTopicNamesLeaveOutInternalTopics(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.Metadata, func(_ int32, req *kmsg.MetadataRequest, resp *kmsg.MetadataResponse) bool {
			if req.Topics != nil || req.AllowAutoTopicCreation {
				t.Errorf("asked for topics %v, creation %v", req.Topics, req.AllowAutoTopicCreation)
			}
			for _, name := range []string{"t", "__consumer_offsets", "a"} {
				resp.Topics = append(resp.Topics, kmsg.MetadataResponseTopic{Topic: &name, IsInternal: name == OffsetsTopic})
			}
			return true
		})
		got, e := r.TopicNames(t.Context())
		diff(t, "error", (*Error)(nil), e)
		diff(t, "names", []string{"a", "t"}, got)
		diff(t, "requests", map[kmsg.Key]int{kmsg.Metadata: 1}, f.calls())
	})
}

func TestTopicNamesAreThoseOfTheCluster(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t, kfake.SeedTopics(1, "b", "a"))
		got, e := f.ready().TopicNames(t.Context())
		diff(t, "error", (*Error)(nil), e)
		diff(t, "names", []string{"a", "b", "t"}, got)
	})
}

func TestTopicNamesComeFromAnotherBrokerIfTheFirstHasDied(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.cut(node(0), kmsg.Metadata)
		got, e := r.TopicNames(t.Context())
		diff(t, "error", (*Error)(nil), e)
		diff(t, "names", []string{"t"}, got)
	})
}

func TestTopicNamesOfNobodyAreAnError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		for id := range int32(3) {
			f.cut(node(id), kmsg.Metadata)
		}
		if got, e := r.TopicNames(t.Context()); e == nil || got != nil {
			t.Errorf("got %v, %v", got, e)
		}
	})
}
