package demo

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/offsetctl/offsetctl/inspect"
)

// kfake stores nothing in __consumer_offsets: what a coordinator would store there of a group is made here of what the
// cluster answers about the group.

// Kafka's numbers of the record types that brokers of version 4.3 write, of those that the demo has.
const (
	offsetCommit         int16 = 1
	groupMetadata        int16 = 2
	consumerMetadata     int16 = 3
	consumerMember       int16 = 5
	consumerTarget       int16 = 6
	consumerTargetMember int16 = 7
	consumerCurrent      int16 = 8
	shareMember          int16 = 10
	shareMetadata        int16 = 11
	shareTarget          int16 = 12
	shareTargetMember    int16 = 13
	shareCurrent         int16 = 14
	shareStateMetadata   int16 = 15
)

// The versions of their values.
const (
	commitVersion  = 4
	classicVersion = 3
	newestVersion  = 0 // of all others
)

// memberStable is the state of a member that has what it should have.
const memberStable = 0

// stored is one record of a group, but for the time at which it is written.
type stored struct {
	typ  int16
	key  []byte
	mark string // differs from another's of the same key when a coordinator would write it again

	value func(ms int64) ([]byte, error) // as it is written at that time
}

// fields are a JSON object.
type fields map[string]any

// newStored is a record whose JSON is of key and value; the field named timed, if any, takes the time of writing.
func newStored(typ, version int16, key, value fields, timed string) (stored, error) {
	encoded, err := encodeKey(typ, key)
	text := func(ms int64) []byte {
		if timed != "" {
			value[timed] = ms
		}
		return mustJSON(fields{"version": version, "data": value})
	}
	encode := func(ms int64) ([]byte, error) { return inspect.ConsumerOffsets.EncodeValue(typ, text(ms)) }
	return stored{typ, encoded, string(text(0)), encode}, err
}

func encodeKey(typ int16, key fields) ([]byte, error) {
	return inspect.ConsumerOffsets.EncodeKey(mustJSON(fields{"type": typ, "data": key}))
}

// mustJSON is for our own fields: strings, numbers and lists of them.
func mustJSON(f fields) []byte {
	text, err := json.Marshal(f)
	if err != nil {
		panic("demo: " + err.Error())
	}
	return text
}

// commitRecord is a commit as it is stored.
type commitRecord struct {
	group   string
	at      position
	epoch   int32
	topicID *[16]byte // nil in transactions: TxnOffsetCommit does not write it
}

func (c commitRecord) stored() (stored, error) {
	key, err := encodeKey(offsetCommit, fields{"group": c.group, "topic": c.at.topic, "partition": c.at.partition})
	return stored{offsetCommit, key, fmt.Sprintf("%d %d %q", c.at.offset, c.epoch, c.at.metadata), c.value}, err
}

// value has no way through JSON, as the others have: there are hundreds, and that would add a tenth to the time of Start.
func (c commitRecord) value(ms int64) ([]byte, error) {
	b := binary.BigEndian.AppendUint16(make([]byte, 0, 64), commitVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(c.at.offset))
	b = binary.BigEndian.AppendUint32(b, uint32(c.epoch))
	b = binary.AppendUvarint(b, uint64(len(c.at.metadata)+1))
	b = append(b, c.at.metadata...)
	b = binary.BigEndian.AppendUint64(b, uint64(ms))
	if c.topicID == nil {
		return append(b, 0), nil
	}
	const tags, topicIDTag, size = 1, 0, 16
	return append(append(b, tags, topicIDTag, size), c.topicID[:]...), nil
}

// commitsOf are a group's commits, by topic and partition. A topic that is gone has no id.
func (c *Cluster) commitsOf(info *kfake.GroupInfo) []commitRecord {
	var all []commitRecord
	for topic, partitions := range info.Commits {
		var id *[16]byte
		if known := c.topicID(topic); known != [16]byte{} {
			id = &known
		}
		for p, commit := range partitions {
			at := position{topic, p, commit.Offset, commit.Metadata}
			all = append(all, commitRecord{info.Group, at, commit.LeaderEpoch, id})
		}
	}
	slices.SortFunc(all, func(a, b commitRecord) int { return a.at.compare(b.at) })
	return all
}

func idText(id [16]byte) string { return base64.RawURLEncoding.EncodeToString(id[:]) }
