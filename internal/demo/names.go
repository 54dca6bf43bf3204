package demo

import (
	"context"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// innerTag marks, in the tagged fields of a describe request, the one that nameTopics itself sends.
	innerTag uint32 = 1000

	innerTimeout = 5 * time.Second
)

// nameTopics completes kfake's answers to ConsumerGroupDescribe: Kafka gives each assigned topic's id and name, kfake
// leaves the name empty. It has the request answered as ever, on a connection of our own, and fills in the names.
func (c *Cluster) nameTopics(kreq kmsg.Request) (kmsg.Response, error, bool) {
	c.fake.KeepControl()
	req, ok := kreq.(*kmsg.ConsumerGroupDescribeRequest)
	if !ok || req.UnknownTags.Len() > 0 {
		return nil, nil, false
	}
	node := c.fake.CurrentNode()
	inner := kmsg.NewPtrConsumerGroupDescribeRequest()
	inner.Groups, inner.IncludeAuthorizedOperations = req.Groups, req.IncludeAuthorizedOperations
	inner.UnknownTags.Set(innerTag, nil)
	answers := make(chan *kmsg.ConsumerGroupDescribeResponse, 1)
	c.fake.SleepControl(func() { // without this the brokers would stand still until we return
		ctx, cancel := context.WithTimeout(context.Background(), innerTimeout)
		defer cancel()
		if resp, err := inner.RequestWith(ctx, c.client.Broker(int(node))); err == nil {
			answers <- resp
		}
	})
	var resp *kmsg.ConsumerGroupDescribeResponse
	select {
	case resp = <-answers:
	default: // the cluster is closing
		return nil, net.ErrClosed, true
	}
	resp.Version = req.Version
	for g := range resp.Groups {
		for m := range resp.Groups[g].Members {
			member := &resp.Groups[g].Members[m]
			c.fillNames(member.Assignment)
			c.fillNames(member.TargetAssignment)
		}
	}
	return resp, nil, true
}

func (c *Cluster) fillNames(a kmsg.Assignment) {
	for i := range a.TopicPartitions {
		t := &a.TopicPartitions[i]
		t.Topic = c.topic(t.TopicID)
	}
}
