package cluster

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// TopicNames lists the topics that this user may describe, sorted, without Kafka's internal ones: one
// request. Brokers must have been called.
func (r *Run) TopicNames(ctx context.Context) ([]string, *Error) {
	req := metadataRequest(nil)
	req.Topics = nil // all
	resp, e := askAny[*kmsg.MetadataResponse](ctx, r, req)
	if e != nil {
		return nil, e
	}
	var names []string
	for _, t := range resp.Topics {
		if t.Topic != nil && !t.IsInternal {
			names = append(names, *t.Topic)
		}
	}
	slices.Sort(names)
	return names, nil
}
