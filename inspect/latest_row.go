package inspect

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// LatestCommit is where a group is in a partition, by the log of __consumer_offsets: what a broker would answer
// after loading it. Fields of a commit that is only pending, or not understood, are nil.
type LatestCommit struct {
	Group           string
	Topic           string
	Partition       int32
	Offset          *int64
	LeaderEpoch     *int32 // nil also where the record has none
	Metadata        *string
	CommitTimestamp *Millis
	ExpireTimestamp *Millis // nil unless the client asked for one: retention decides
	TopicID         *string // as Kafka prints it; nil: the record has none
	LogPartition    int32
	LogOffset       *int64          // of the record that counts
	Pending         []PendingCommit // in open transactions, in the order of the log
	TopicRecreated  *bool           // nil: the record has no topic id, or the topic of that name none, or is not there
	Error           *string         // why the record that counts, or one pending, is not understood; or Incomplete
	Incomplete      bool            // the log of its partition could not be read whole: all this may be out of date
}

// PendingCommit is a commit in a transaction that has not ended in the log.
type PendingCommit struct {
	Offset        *int64 // nil: not understood
	LogOffset     int64
	ProducerID    int64
	ProducerEpoch int16
	Timestamp     *Millis // of its record
}

// Millis is a time in milliseconds since 1970, in JSON RFC 3339.
type Millis int64

// MarshalJSON writes it as the rows of records have their timestamps.
func (m Millis) MarshalJSON() ([]byte, error) {
	return append(AppendTime([]byte{'"'}, int64(m)), '"'), nil
}

// latestKey is a slot with what rows are sorted by.
type latestKey struct {
	group, topic string
	partition    int32
	part         *partitionState
	slot         *slot
}

// compareKeys orders by group, topic, partition; then, where a log has a group's records in a partition that is not
// its own, by that.
func compareKeys(a, b latestKey) int {
	if c := strings.Compare(a.group, b.group); c != 0 {
		return c
	}
	if c := strings.Compare(a.topic, b.topic); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.partition, b.partition), cmp.Compare(a.part.partition, b.part.partition))
}

// appendKeys appends the keys of a partition that make a row, in no order.
func (l *partitionState) appendKeys(keys []latestKey) []latestKey {
	for _, s := range l.slots {
		if !l.selects(s) {
			continue
		}
		k := latestKey{part: l, slot: s} // its text is that of the slot's key, which is known to be good
		group, rest := cutText(s.key)
		topic, rest := cutText(rest)
		k.group, k.topic = group, topic
		k.partition = int32(binary.BigEndian.Uint32([]byte(rest)))
		keys = append(keys, k)
	}
	return keys
}

// cutText cuts a text with its length in front off a key.
func cutText(key string) (text, rest string) {
	n := 2 + (int(key[0])<<8 | int(key[1]))
	return key[2:n], key[n:]
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

// row is the row of a key.
func (k *latestKey) row() LatestCommit {
	s := k.slot
	row := LatestCommit{Group: k.group, Topic: k.topic, Partition: k.partition, LogPartition: k.part.partition}
	if s.present {
		row.LogOffset = &s.commit.offset
		row.take(&s.commit)
	}
	for i := range s.pending {
		if u := &s.pending[i]; !u.gone {
			row.Pending = append(row.Pending, row.uncertain(u))
		}
	}
	if e := k.part.incomplete; e != nil {
		row.Incomplete = true
		row.fail(fmt.Errorf("may be out of date: %w", e))
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
		row.Error = new(strings.ToValidUTF8(err.Error(), "\ufffd"))
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
