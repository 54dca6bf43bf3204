package cluster

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The numbers are Kafka's: Utils.abs(group.hashCode()) % 50.
func TestGroupsAreStoredWhereKafkaStoresThem(t *testing.T) {
	for group, want := range map[string]int32{
		"my-group": 12, "test-group": 12, "console-consumer-12345": 6, "connect-my-sink": 33, "": 0, "polygenelubricants": 0,
		"группа": 8, "消费者组": 38, "👍group": 29, "a-very-long-group-id-0123456789": 31,
	} {
		if got := partitionOf(group, 50); got != want {
			t.Errorf("%q is stored in partition %d, want %d", group, got, want)
		}
	}
}

func TestOffsetsTopicIsUnsettledWhereReplicasAreNotAsTheyWereChosen(t *testing.T) {
	for name, tc := range map[string]struct {
		p    kmsg.MetadataResponseTopicPartition
		want bool
	}{
		"at rest":          {kmsg.MetadataResponseTopicPartition{Leader: 1, Replicas: []int32{1, 2}, ISR: []int32{2, 1}}, false},
		"another leads":    {kmsg.MetadataResponseTopicPartition{Leader: 2, Replicas: []int32{1, 2}, ISR: []int32{2, 1}}, true},
		"out of sync":      {kmsg.MetadataResponseTopicPartition{Leader: 1, Replicas: []int32{1, 2}, ISR: []int32{1}}, true},
		"replica offline":  {kmsg.MetadataResponseTopicPartition{Leader: 1, Replicas: []int32{1, 2}, ISR: []int32{2, 1}, OfflineReplicas: []int32{2}}, true},
		"without replicas": {kmsg.MetadataResponseTopicPartition{Leader: 1}, false},
	} {
		topic := OffsetsTopic
		resp := &kmsg.MetadataResponse{Topics: []kmsg.MetadataResponseTopic{{Topic: &topic, Partitions: []kmsg.MetadataResponseTopicPartition{tc.p}}}}
		if got := offsetsTopicOf(resp).unsettled; got != tc.want {
			t.Errorf("%s: unsettled is %v", name, got)
		}
	}
}
