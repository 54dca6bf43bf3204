package cmd

import (
	"context"
	"sync"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// topicNames asks the cluster, once for each id that is shown, what topic it is. nil: files are read.
func (req inspectRequest) topicNames(ctx context.Context) inspect.TopicNames {
	if req.run == nil {
		return nil
	}
	return remembered(func(id [16]byte) (string, bool) { return req.run.TopicName(ctx, cluster.TopicID(id)) })
}

// remembered asks for an id once, whatever the answer: where nobody answers, a scan is not to wait again at each row.
// Several goroutines may use it, of which one asks at a time.
func remembered(ask inspect.TopicNames) inspect.TopicNames {
	var mu sync.Mutex
	known := map[[16]byte]string{} // empty: no topic is called so
	return func(id [16]byte) (string, bool) {
		mu.Lock()
		defer mu.Unlock()
		name, asked := known[id]
		if !asked {
			if found, ok := ask(id); ok {
				name = found
			}
			known[id] = name
		}
		return name, name != ""
	}
}
