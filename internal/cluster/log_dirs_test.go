package cluster

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestLogSizesComeInTheOrderAsked(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.produce(2, "one", "two")
		f.produce(1, "three")
		f.calls()
		got := r.LogSizes(t.Context(), node(0), "t", []int32{2, 9, 1})
		diff(t, "codes", []string{"", CodeIncomplete, ""}, codes(got[0].Err, got[1].Err, got[2].Err))
		if got[0].Bytes <= got[2].Bytes || got[2].Bytes <= 61 {
			t.Errorf("%d bytes of two records, %d of one", got[0].Bytes, got[2].Bytes)
		}
		diff(t, "requests", map[kmsg.Key]int{kmsg.DescribeLogDirs: 1}, f.calls())
	})
}

func TestLogSizesAreUnknownToThoseWhoMayNotDescribeTheCluster(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.DescribeLogDirs, func(_ int32, _ *kmsg.DescribeLogDirsRequest, resp *kmsg.DescribeLogDirsResponse) bool {
			resp.ErrorCode = kerr.ClusterAuthorizationFailed.Code
			return true
		})
		got := r.LogSizes(t.Context(), node(0), "t", []int32{0})
		diff(t, "codes", []string{"CLUSTER_AUTHORIZATION_FAILED"}, codes(got[0].Err))
		diff(t, "name", "t:0", got[0].Err.Name)
	})
}

func TestLogSizesOfADirectoryThatIsOfflineAndOfFutureCopies(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.DescribeLogDirs, func(_ int32, _ *kmsg.DescribeLogDirsRequest, resp *kmsg.DescribeLogDirsResponse) bool {
			part := func(id int32, size int64, future bool) kmsg.DescribeLogDirsResponseDirTopicPartition {
				return kmsg.DescribeLogDirsResponseDirTopicPartition{Partition: id, Size: size, IsFuture: future}
			}
			topic := kmsg.DescribeLogDirsResponseDirTopic{Topic: "t", Partitions: []kmsg.DescribeLogDirsResponseDirTopicPartition{part(0, 5, false), part(0, 3, true)}}
			resp.Dirs = []kmsg.DescribeLogDirsResponseDir{{Dir: "/a", ErrorCode: kerr.KafkaStorageError.Code}, {Dir: "/b", Topics: []kmsg.DescribeLogDirsResponseDirTopic{topic}}}
			return true
		})
		got := r.LogSizes(t.Context(), node(0), "t", []int32{0, 1})
		diff(t, "codes", []string{"", "KAFKA_STORAGE_ERROR"}, codes(got[0].Err, got[1].Err))
		diff(t, "bytes", []int64{5, 0}, []int64{got[0].Bytes, got[1].Bytes})
	})
}
