package cluster

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestTopicNameIsOneRequest(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		id := TopicID(f.TopicInfo("t").TopicID)
		for _, c := range []struct {
			id   TopicID
			name string
		}{{id, "t"}, {TopicID{1}, ""}} {
			name, ok := r.TopicName(t.Context(), c.id)
			if name != c.name || ok != (c.name != "") {
				t.Errorf("%v: %q, %t", c.id, name, ok)
			}
			diff(t, "requests", map[kmsg.Key]int{kmsg.Metadata: 1}, f.calls())
		}
	})
}

func TestTopicNameOfNobody(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		id := TopicID(f.TopicInfo("t").TopicID)
		f.cut(node(0), kmsg.Metadata)
		if name, ok := r.TopicName(t.Context(), id); !ok || name != "t" {
			t.Errorf("with one broker gone: %q, %t", name, ok)
		}
		for n := range int32(3) {
			f.cut(node(n), kmsg.Metadata)
		}
		if name, ok := r.TopicName(t.Context(), id); ok || name != "" {
			t.Errorf("with all brokers gone: %q, %t", name, ok)
		}
	})
}
