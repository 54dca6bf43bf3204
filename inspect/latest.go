package inspect

import (
	"errors"
	"slices"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// The latest state of a partition is what a broker would load of its log (OffsetMetadataManager.replay,
// CoordinatorLoaderImpl): of each key the record with the highest log offset among those outside of
// transactions, those of committed ones, and tombstones. A tombstone also takes what is pending of its key; the old
// coordinator, up to Kafka 3.9, loads that all the same if it is committed later, until compaction takes it.
// Brokers tell a record's transaction by its batch's producer id alone, whether the batch is marked as
// transactional or not, and its end by the next marker of that producer.
//
// Memory is bounded by keys: of a key are held the record that counts and, per producer, the one pending.

// partitionState adds up the batches of one partition, which are to come in the order of the log.
type partitionState struct {
	topic     Topic
	partition int32
	start     int64 // records before it are in a batch that reaches beyond it
	filter    Filter
	kind      latestKind

	decompressor  Decompressor
	each          func(Record) error // commit or record
	producerID    int64              // of the batch whose records come
	producerEpoch int16
	bad           damage
	odd           oddities
	open          begun
	now           time.Time      // see Options
	incomplete    *cluster.Error // the log could not be read whole: what it adds up to may be out of date

	slots   map[string]*slot  // of commits, by the key without its type: types 0 and 1 say the same
	after   *slot             // the one that the last commit went to
	pending map[int64][]*slot // by producer id, each once: those that have something of it pending
	spare   []*slot           // memory for one of those lists

	newest map[string]*newestRecord // instead of slots, of records that are no commits
}

// latestKind is which records of the topic are added up.
type latestKind int

const (
	latestCommits latestKind = iota // types 0 and 1, to one state
	latestRecords                   // all others, per key
)

// stored is a record as the log has it, in memory of its own.
type stored struct {
	offset    int64 // in the log
	timestamp int64 // -1: none
	legacy    bool  // type 0
	value     []byte
}

// set takes a record over, into the memory that the one before had.
func (s *stored) set(r *Record, legacy bool) {
	s.offset, s.timestamp, s.legacy = r.Offset, r.Timestamp, legacy
	s.value = append(s.value[:0], r.Value...)
}

// slot is what is known of one (group, topic, partition).
type slot struct {
	key     string // without its type
	next    *slot  // the slot that came after this one the last time: clients commit their partitions in the same order
	present bool   // there is a commit that counts
	commit  stored
	pending []uncertain
}

// uncertain is a commit in a transaction whose end is not seen yet.
type uncertain struct {
	producerID    int64
	producerEpoch int16
	gone          bool // a tombstone took it; the producer's list still has the slot
	commit        stored
}

// oddities counts the records that are not understood.
type oddities struct {
	records int64
	offset  int64 // of the first
	first   error
}

func (o *oddities) add(offset int64, err error) {
	if o.records == 0 {
		o.offset, o.first = offset, err
	}
	o.records++
}

func newPartitionState(o Options, partition int32, start int64) *partitionState {
	l := &partitionState{topic: o.Topic, partition: partition, start: start, filter: o.Filter, kind: o.latestKind(), open: begun{}, now: o.Now}
	switch l.kind {
	case latestCommits:
		l.slots, l.pending, l.each = map[string]*slot{}, map[int64][]*slot{}, l.commit
	default:
		l.newest, l.each = map[string]*newestRecord{}, l.record
	}
	return l
}

// batch takes in the next batch. What is wrong with one that cannot be read is counted as damage: its records may have
// been any.
func (l *partitionState) batch(b *Batch) (readable bool) {
	l.producerID, l.producerEpoch = b.ProducerID, b.ProducerEpoch
	each := l.each
	if b.Control {
		each = l.marker
	}
	if err := l.decompressor.Each(b, each); err != nil {
		l.bad.note(b.unreadable(err))
		lose(l.open, b.BaseOffset) // it may have been a marker
		return false
	}
	l.open.batch(b)
	return true
}

// commit takes in a record of a batch that is no marker.
func (l *partitionState) commit(r Record) error {
	if r.Offset < l.start {
		return nil
	}
	if len(r.Key) <= 2 || r.Key[0] != 0 || r.Key[1] > 1 {
		l.other(&r)
		return nil
	}
	s := l.find(&r)
	switch {
	case s == nil:
	case r.Value == nil:
		l.delete(s)
	case l.producerID >= 0:
		l.hold(s, &r)
	default:
		s.present = true
		s.commit.set(&r, r.Key[1] == 0)
	}
	return nil
}

// other is a record that is no commit: what counts is whether it is understood, and of which group it is.
func (l *partitionState) other(r *Record) {
	k, err := l.topic.ParseKey(r.Key)
	switch {
	case err != nil:
		l.strange(r.Offset, err)
	case l.filter.Group != nil && k.Group != nil:
		l.filter.Group(k.Group)
	}
}

// strange counts a record whose key is not understood, where it might be one of those asked for.
func (l *partitionState) strange(offset int64, err error) {
	if l.filter.Group == nil && l.filter.Partition == nil {
		l.odd.add(offset, err)
	}
}

// find is the slot of a commit's key, made where there is none and the record is to be kept; nil: the record
// changes nothing.
func (l *partitionState) find(r *Record) *slot {
	key := r.Key[2:]
	if l.after != nil {
		if s := l.after.next; s != nil && s.key == string(key) {
			l.after = s
			return s
		}
	}
	s := l.slots[string(key)]
	if s == nil {
		if s = l.enter(r); s == nil {
			return nil
		}
	}
	if l.after != nil {
		l.after.next = s
	}
	l.after = s
	return s
}

// enter makes the slot of a key that has none.
func (l *partitionState) enter(r *Record) *slot {
	k, err := l.topic.ParseKey(r.Key)
	if err != nil {
		l.strange(r.Offset, err)
		return nil
	}
	if !l.filter.about(&k) || r.Value == nil {
		return nil
	}
	s := &slot{key: string(r.Key[2:])}
	l.slots[s.key] = s
	return s
}

// delete takes in a tombstone.
func (l *partitionState) delete(s *slot) {
	s.present = false
	for i := range s.pending {
		s.pending[i].gone = true
	}
	l.drop(s)
}

// drop forgets a slot with nothing in it.
func (l *partitionState) drop(s *slot) {
	if s.present || len(s.pending) > 0 {
		return
	}
	delete(l.slots, s.key)
	s.key, s.next = "", nil // no key is so short: what still points to the slot does not find it
	if l.after == s {
		l.after = nil
	}
}

// hold keeps a commit until the transaction of the batch's producer ends.
func (l *partitionState) hold(s *slot, r *Record) {
	id := l.producerID
	i := s.of(id)
	if i < 0 {
		l.enlist(id, s)
		i = len(s.pending)
		s.pending = slices.Grow(s.pending, 1)[:i+1] // with the memory of one that was there before
	}
	u := &s.pending[i]
	u.producerID, u.producerEpoch, u.gone = id, l.producerEpoch, false
	u.commit.set(r, r.Key[1] == 0)
}

// of is the index of what a producer has pending, -1 for nothing.
func (s *slot) of(producerID int64) int {
	return slices.IndexFunc(s.pending, func(u uncertain) bool { return u.producerID == producerID })
}

// enlist notes that a producer has something pending in a slot.
func (l *partitionState) enlist(producerID int64, s *slot) {
	list, ok := l.pending[producerID]
	if !ok {
		list, l.spare = l.spare, nil
	}
	l.pending[producerID] = append(list, s)
}

// marker takes in a record of a control batch.
func (l *partitionState) marker(r Record) error {
	if r.Offset < l.start {
		return nil
	}
	m, err := parseMarker(r.Key, r.Value)
	switch {
	case errors.Is(err, errNotMarker):
		l.strange(r.Offset, err)
		return nil
	case err != nil:
		return err
	}
	l.open.end(l.producerID)
	list, ok := l.pending[l.producerID]
	if !ok {
		return nil
	}
	for _, s := range list {
		s.end(l.producerID, m.Commit)
		l.drop(s)
	}
	delete(l.pending, l.producerID)
	clear(list)
	l.spare = list[:0]
	return nil
}

// end ends the transaction of a producer. Compaction may have put a later commit before the marker, so that the
// log offset decides.
func (s *slot) end(producerID int64, commit bool) {
	i := s.of(producerID)
	u := &s.pending[i]
	if commit && !u.gone && (!s.present || u.commit.offset > s.commit.offset) {
		s.present = true
		s.commit, u.commit = u.commit, s.commit
	}
	last := len(s.pending) - 1
	s.pending[i], s.pending[last] = s.pending[last], s.pending[i]
	s.pending = s.pending[:last]
}
