package cluster

// A coordinator writes what one request commits or deletes as one record batch of __consumer_offsets, which may be as large
// as a batch of that topic (max.message.bytes, 1 MB unless set otherwise). A larger one it refuses, without saying why
// (UNKNOWN_SERVER_ERROR). So a request is for no more than surely fits.

// batchMost is what the records of one request may take by our reckoning, which is generous.
const batchMost = 640 << 10

// recordOverhead is what the record of a commit takes beside its group, topic and metadata: the record's own fields, both
// versions, partition, offset, epoch, time, topic id, and the lengths (OffsetCommitKey.json, OffsetCommitValue.json).
const recordOverhead = 96

// batches divides partitions so that the records of each part fit a batch. metadata says how many bytes each has.
func batches(group string, tps []TP, metadata func(TP) int) [][]TP {
	var out [][]TP
	first, size := 0, 0
	for i, tp := range tps {
		record := recordOverhead + len(group) + len(tp.Topic) + metadata(tp)
		if size += record; size > batchMost && i > first {
			out = append(out, tps[first:i])
			first, size = i, record
		}
	}
	return append(out, tps[first:])
}
