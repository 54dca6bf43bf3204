package inspect

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
)

// LatestCommit is where a group is in a partition, by the log of __consumer_offsets: what a broker would answer
// after loading it. Fields of a commit that is only pending, or not understood, are nil.
type LatestCommit struct {
	Group           string          `json:"group"`
	Topic           string          `json:"topic"`
	Partition       int32           `json:"partition"`
	Offset          *int64          `json:"offset"`
	LeaderEpoch     *int32          `json:"leaderEpoch"` // nil also where the record has none
	Metadata        *string         `json:"metadata"`
	CommitTimestamp *Millis         `json:"commitTimestamp"`
	ExpireTimestamp *Millis         `json:"expireTimestamp"` // nil unless the client asked for one: retention decides
	TopicID         *string         `json:"topicId"`         // as Kafka prints it; nil: the record has none
	LogPartition    int32           `json:"logPartition"`
	LogOffset       *int64          `json:"logOffset"`      // of the record that counts
	Pending         []PendingCommit `json:"pending"`        // in open transactions, in the order of the log
	TopicRecreated  *bool           `json:"topicRecreated"` // nil: the record has no topic id, or the topic of that name none, or is not there
	Error           *string         `json:"error"`          // why the record that counts, or one pending, is not understood
}

// PendingCommit is a commit in a transaction that has not ended in the log.
type PendingCommit struct {
	Offset        *int64  `json:"offset"` // nil: not understood
	LogOffset     int64   `json:"logOffset"`
	ProducerID    int64   `json:"producerId"`
	ProducerEpoch int16   `json:"producerEpoch"`
	Timestamp     *Millis `json:"timestamp"` // of its record
}

// Millis is a time in milliseconds since 1970, in JSON RFC 3339.
type Millis int64

// MarshalJSON writes it as the rows of records have their timestamps.
func (m Millis) MarshalJSON() ([]byte, error) {
	return append(AppendTime([]byte{'"'}, int64(m)), '"'), nil
}

// compareCommits orders by group, topic, partition; then, where a log has a group's records in a partition that is
// not its own, by that.
func compareCommits(a, b LatestCommit) int {
	return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.LogPartition, b.LogPartition))
}

// appendCommits appends the rows of a partition's commits, in no order.
func (l *partitionState) appendCommits(rows []LatestCommit) []LatestCommit {
	for _, s := range l.slots {
		if l.selects(s) {
			rows = append(rows, l.row(s))
		}
	}
	return rows
}

// selects reports whether a slot has something that counts or is pending, of the types asked for.
func (l *partitionState) selects(s *slot) bool {
	if s.present {
		return l.selectsType(&s.commit)
	}
	return slices.ContainsFunc(s.pending, func(u uncertain) bool { return !u.gone && l.selectsType(&u.commit) })
}

func (l *partitionState) selectsType(c *stored) bool {
	return l.filter.Types == nil || l.filter.Types[groupRecords[c.keyType()].name]
}

func (c *stored) keyType() int16 {
	if c.legacy {
		return 0
	}
	return 1
}

func (l *partitionState) row(s *slot) LatestCommit {
	k, _ := ConsumerOffsets.ParseKey(append([]byte{0, 1}, s.key...)) // has been read before
	row := LatestCommit{Group: string(k.Group), Topic: string(k.Topic), Partition: k.Partition, LogPartition: l.partition, Pending: []PendingCommit{}}
	if s.present {
		row.LogOffset = &s.commit.offset
		row.take(&s.commit)
	}
	for i := range s.pending {
		if u := &s.pending[i]; !u.gone {
			row.Pending = append(row.Pending, row.uncertain(u))
		}
	}
	slices.SortFunc(row.Pending, func(a, b PendingCommit) int { return cmp.Compare(a.LogOffset, b.LogOffset) })
	return row
}

// take fills in what the commit that counts says.
func (row *LatestCommit) take(s *stored) {
	c, err := s.parse()
	if err != nil {
		row.fail(err)
		return
	}
	row.Offset, row.Metadata = &c.Offset, new(string(c.Metadata))
	if c.LeaderEpoch >= 0 {
		row.LeaderEpoch = &c.LeaderEpoch
	}
	row.CommitTimestamp, row.ExpireTimestamp = millis(c.CommitTimestamp), millis(c.ExpireTimestamp)
	if c.TopicID != [16]byte{} {
		row.TopicID = new(topicIDText(c.TopicID))
	}
}

func (row *LatestCommit) uncertain(u *uncertain) PendingCommit {
	p := PendingCommit{LogOffset: u.commit.offset, ProducerID: u.producerID, ProducerEpoch: u.producerEpoch, Timestamp: millis(u.commit.timestamp)}
	c, err := u.commit.parse()
	if err != nil {
		row.fail(err)
		return p
	}
	p.Offset = &c.Offset
	return p
}

// fail notes the first reason.
func (row *LatestCommit) fail(err error) {
	if row.Error == nil {
		row.Error = new(err.Error())
	}
}

// topicIDText is a topic id as Kafka prints it.
func topicIDText(id [16]byte) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// millis is nil for -1, which is Kafka's none.
func millis(ms int64) *Millis {
	if ms == -1 {
		return nil
	}
	return new(Millis(ms))
}

// parse reads the value of a commit: off its bytes, or by the table, which takes more.
func (c *stored) parse() (Commit, error) {
	if commit, ok := ParseCommit(c.value); ok {
		return commit, nil
	}
	text, err := ConsumerOffsets.AppendValue(nil, c.keyType(), c.value)
	if err != nil {
		return Commit{}, err
	}
	return commitFromJSON(text)
}

// commitFromJSON reads a commit of what AppendValue appends.
func commitFromJSON(text []byte) (Commit, error) {
	var value struct {
		Data struct {
			Offset          int64  `json:"offset"`
			LeaderEpoch     int32  `json:"leaderEpoch"`
			Metadata        string `json:"metadata"`
			CommitTimestamp int64  `json:"commitTimestamp"`
			ExpireTimestamp int64  `json:"expireTimestamp"`
			TopicID         string `json:"topicId"`
		} `json:"data"`
	}
	v := &value.Data
	v.LeaderEpoch, v.ExpireTimestamp = -1, -1
	if err := json.Unmarshal(text, &value); err != nil {
		return Commit{}, err
	}
	c := Commit{Offset: v.Offset, LeaderEpoch: v.LeaderEpoch, Metadata: []byte(v.Metadata), CommitTimestamp: v.CommitTimestamp, ExpireTimestamp: v.ExpireTimestamp}
	if v.TopicID != "" {
		id, err := base64.RawURLEncoding.DecodeString(v.TopicID)
		if err != nil {
			return Commit{}, err
		}
		copy(c.TopicID[:], id)
	}
	return c, nil
}
