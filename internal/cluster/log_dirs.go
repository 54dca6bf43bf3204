package cluster

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// LogSize is what the log of one partition takes on a broker's disk, its indexes left out. With Err it is unknown.
type LogSize struct {
	Bytes int64
	Err   *Error
}

// LogSizes asks a broker, once, for the sizes of the logs that it has of a topic's partitions; it needs Describe on
// the cluster. They come back in the order asked.
func (r *Run) LogSizes(ctx context.Context, node Broker, topic string, partitions []int32) []LogSize {
	resp, e := ask[*kmsg.DescribeLogDirsResponse](ctx, r, node, logDirsRequest(topic, partitions))
	if e == nil {
		e = kafkaError(ScopeBroker, node.Name(), resp.ErrorCode, nil)
	}
	sizes := map[int32]int64{}
	if e == nil {
		sizes, e = sizesOf(resp, node, topic)
	}
	out := make([]LogSize, len(partitions))
	for i, p := range partitions {
		name := TP{topic, p}.String()
		size, ok := sizes[p]
		switch {
		case ok:
			out[i].Bytes = size
		case e != nil:
			out[i].Err = e.Of(ScopePartition, name)
		default: // before v3 that is what a user gets who lacks the right
			out[i].Err = missing(ScopePartition, name)
		}
	}
	return out
}

func logDirsRequest(topic string, partitions []int32) *kmsg.DescribeLogDirsRequest {
	req := kmsg.NewPtrDescribeLogDirsRequest()
	t := kmsg.NewDescribeLogDirsRequestTopic()
	t.Topic, t.Partitions = topic, partitions
	req.Topics = append(req.Topics, t)
	return req
}

// sizesOf are the sizes in an answer, by partition, and the error of a directory, which may have held others.
func sizesOf(resp *kmsg.DescribeLogDirsResponse, node Broker, topic string) (map[int32]int64, *Error) {
	var failed *Error
	sizes := map[int32]int64{}
	for _, dir := range resp.Dirs {
		if e := kafkaError(ScopeBroker, node.Name(), dir.ErrorCode, nil); e != nil {
			failed = e
			continue
		}
		for _, t := range dir.Topics {
			for _, p := range t.Partitions {
				if t.Topic == topic && !p.IsFuture { // a future one is a copy on its way to another directory
					sizes[p.Partition] = p.Size
				}
			}
		}
	}
	return sizes, failed
}
