package inspect

import "strconv"

// Row is one record as it is shown, or what stands where none could be read. Slices are valid until the next
// row.
type Row struct {
	Partition int32  // of the internal topic
	Offset    int64  // of the record; of an unreadable batch its first
	Timestamp *int64 // milliseconds; nil: the record has none

	Key    Key    // zero where the key is not understood, and of markers
	Type   string // Kafka's record name, MarkerName, or empty: unknown
	Marker bool   // a control record

	KeyJSON   []byte // {"type":…,"name":…,"data":…}; empty of what Commit tells
	ValueJSON []byte // {"version":…,"data":…} or null; likewise
	Tombstone bool
	Commit    *Commit // of a commit that is neither a tombstone nor odd: read off the bytes, without the table

	Transaction *Transaction // nil: the record is not transactional

	Err      error // what is not understood: the raw bytes are shown
	RawKey   []byte
	RawValue []byte
	ShowRaw  bool // shown though all is understood
	Damaged  bool // stands for a batch, or a stretch of a segment, that cannot be read: a failure
}

// AppendSubject appends what a record is about, for people: orders:3 of a commit, a member id, a regular
// expression, a transactional id. nil: nothing but the group. names are asked where the record has a topic's id only.
func (r *Row) AppendSubject(dst []byte, names TopicNames) []byte {
	k := &r.Key
	switch {
	case k.Topic != nil:
		dst = append(append(dst, k.Topic...), ':')
		return strconv.AppendInt(dst, int64(k.Partition), 10)
	case k.TopicID != nil:
		dst = append(names.append(dst, k.TopicID), ':')
		return strconv.AppendInt(dst, int64(k.Partition), 10)
	case k.Member != nil:
		return append(dst, k.Member...)
	case k.ID != nil:
		return append(dst, k.ID...)
	}
	return nil
}

// AppendDetail appends what a record says, for people: not all of it, and of a long list the beginning and how much more
// there is. A commit's metadata is whole. names are asked where the record has a topic's id only.
func (r *Row) AppendDetail(dst []byte, names TopicNames) []byte {
	if t := r.Transaction; t != nil {
		dst = append(append(dst, t.Outcome...), " transaction of producer "...)
		dst = strconv.AppendInt(dst, t.ProducerID, 10)
		if t.Doubt != nil {
			dst = append(append(append(dst, " ("...), t.Doubt.Error()...), ')')
		}
		if r.Marker {
			return dst
		}
		dst = append(dst, ": "...)
	}
	switch {
	case r.Err != nil:
		return append(dst, r.Err.Error()...)
	case r.Tombstone:
		return append(dst, "deleted"...)
	}
	if c, ok := r.AnyCommit(); ok {
		return c.appendDetail(dst)
	}
	return appendDetail(dst, r.Type, r.ValueJSON, names)
}

// doubt is why the outcome of the record's transaction may be another one.
func (r *Row) doubt() error {
	if r.Transaction == nil {
		return nil
	}
	return r.Transaction.Doubt
}

// AnyCommit is what a commit says, also one that is read by the table. false: the row is none, or a tombstone, or not
// understood.
func (r *Row) AnyCommit() (Commit, bool) {
	switch {
	case r.Commit != nil:
		return *r.Commit, true
	case r.Err != nil || r.Tombstone || !r.Key.HasTopic():
		return Commit{}, false
	}
	c, err := commitFromJSON(r.ValueJSON)
	return c, err == nil
}

func (c *Commit) appendDetail(dst []byte) []byte {
	dst = strconv.AppendInt(append(dst, "offset "...), c.Offset, 10)
	if c.LeaderEpoch >= 0 {
		dst = strconv.AppendInt(append(dst, ", leader epoch "...), int64(c.LeaderEpoch), 10)
	}
	if len(c.Metadata) > 0 {
		dst = append(append(dst, ", metadata "...), c.Metadata...)
	}
	return dst
}
