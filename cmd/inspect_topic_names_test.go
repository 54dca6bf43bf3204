package cmd

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An id is asked for once, by however many goroutines, and also where there is no answer.
func TestTopicNamesAreAskedForOnce(t *testing.T) {
	asked := map[byte]int{}
	names := remembered(func(id [16]byte) (string, bool) {
		asked[id[0]]++
		return "orders", id[0] == 1
	})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if name, ok := names([16]byte{1}); name != "orders" || !ok {
				t.Errorf("known: %q, %t", name, ok)
			}
			if _, ok := names([16]byte{2}); ok {
				t.Error("unknown, and yet there is a name")
			}
		})
	}
	all.Wait()
	if diff := cmp.Diff(map[byte]int{1: 1, 2: 1}, asked); diff != "" {
		t.Errorf("asked (-want +got)\n%s", diff)
	}
}

func TestFilesHaveNoTopicNames(t *testing.T) {
	if (inspectRequest{}).topicNames(t.Context()) != nil {
		t.Error("somebody is asked")
	}
}
