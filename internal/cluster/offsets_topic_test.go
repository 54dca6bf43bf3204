package cluster

import "testing"

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
