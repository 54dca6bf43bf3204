package lag

import (
	"encoding/json"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Row is one partition of one group. Topic and Partition are nil in the single row of a group whose
// commits could not be read. Unknown is nil throughout, and Status or Error says why.
type Row struct {
	Group          string         `json:"group"`
	Type           *string        `json:"type"`
	State          *string        `json:"state"`
	Topic          *string        `json:"topic"`
	TopicID        *string        `json:"topicId"` // as Kafka prints it: base64url
	Partition      *int32         `json:"partition"`
	CurrentOffset  *int64         `json:"currentOffset"` // next offset the group will read
	LeaderEpoch    *int32         `json:"leaderEpoch"`   // of the record before it, if the committer gave one
	Metadata       *string        `json:"metadata"`      // the committer's free text
	LogStartOffset *int64         `json:"logStartOffset"`
	LogEndOffset   *int64         `json:"logEndOffset"` // high watermark, or the last stable offset with read_committed
	HighWatermark  Asked          `json:"highWatermark,omitzero"`
	LastStable     Asked          `json:"lastStableOffset,omitzero"`
	Lag            *int64         `json:"lag"`  // records not read yet that still exist
	Lost           *int64         `json:"lost"` // records not read yet that are gone
	Status         Status         `json:"status"`
	ConsumerID     *string        `json:"consumerId"`
	InstanceID     *string        `json:"instanceId"`
	Host           *string        `json:"host"`
	ClientID       *string        `json:"clientId"`
	Error          *cluster.Error `json:"error"`

	marks statusSet // every status that applies, of which Status is the worst; none: ok
}

// mark notes a status that applies to the row, worse than ok.
func (r *Row) mark(s Status) {
	r.Status = worse(r.Status, s)
	r.marks = r.marks.with(s)
}

// Asked is an offset that only some runs ask for: left out of the JSON where it was not, null where
// it was and is unknown.
type Asked struct {
	Asked bool
	Value *int64
}

// IsZero reports whether the offset was not asked for.
func (a Asked) IsZero() bool { return !a.Asked }

// MarshalJSON writes the number or null.
func (a Asked) MarshalJSON() ([]byte, error) { return json.Marshal(a.Value) }

// known returns a pointer to s, nil for the empty string where that means unknown.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
