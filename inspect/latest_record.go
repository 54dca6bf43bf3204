package inspect

import (
	"cmp"
	"slices"
)

// newestRecord is the newest record of a key that is no commit's.
type newestRecord struct {
	key               string
	offset, timestamp int64
	value             []byte
}

// record takes in a record of a batch that is no marker. Brokers apply all but commits at once, in transactions
// too.
func (l *partitionState) record(r Record) error {
	if r.Offset < l.start || l.topic == ConsumerOffsets && len(r.Key) >= 2 && r.Key[0] == 0 && r.Key[1] <= 1 && l.filter.Group == nil {
		return nil
	}
	n := l.newest[string(r.Key)]
	if n == nil {
		k, err := l.topic.ParseKey(r.Key)
		if err != nil {
			l.strange(r.Offset, err)
			return nil
		}
		about := l.filter.about(&k) // asked first: it notes that the group has a record
		if !about || !l.filter.selects(&k) || r.Value == nil || l.topic == ConsumerOffsets && k.HasTopic() {
			return nil
		}
		n = &newestRecord{key: string(r.Key)}
		l.newest[n.key] = n
	}
	if r.Value == nil {
		delete(l.newest, n.key)
		return nil
	}
	n.offset, n.timestamp = r.Offset, r.Timestamp
	n.value = append(n.value[:0], r.Value...)
	return nil
}

// emitRecords makes rows of the newest records, in the order of their offsets.
func (l *partitionState) emitRecords(raw bool, emit func(*Row) error) error {
	list := make([]*newestRecord, 0, len(l.newest))
	for _, n := range l.newest {
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b *newestRecord) int { return cmp.Compare(a.offset, b.offset) })
	p := &partitionReader{topic: l.topic, partition: partition{id: l.partition}, raw: raw, emit: emit}
	for _, n := range list {
		if err := p.record(Record{Offset: n.offset, Timestamp: n.timestamp, Key: []byte(n.key), Value: n.value}, nil); err != nil {
			return err
		}
	}
	return nil
}
