package inspect

import "github.com/offsetctl/offsetctl/internal/cluster"

// recentPart is one partition of __consumer_offsets, and how far it has been read.
type recentPart struct {
	id     int32
	groups map[string]*Recent // those asked for that are stored here

	at   int64 // next offset to ask for
	end  int64 // the high watermark of the first answer that brings something; 0 before it
	left int   // bytes that may still be read
	idle int   // answers in a row that brought nothing
	lost trouble
	done bool

	decompressor Decompressor
}

// partial says that something may be missing.
func (p *recentPart) partial() {
	for _, g := range p.groups {
		g.Whole = false
	}
}

// take takes in an answer. Only the first part asked for is sure to have something in it: the others get what room is
// left.
func (p *recentPart) take(got cluster.Fetched, first bool) {
	if p.end <= p.at { // a new leader may tell too early an end at first
		p.end = got.HighWatermark
	}
	from := p.at
	p.left -= len(got.Records)
	for b, err := range Batches(got.Records) {
		if err == nil { // else it is cut, or nothing behind it can be found: what comes again and again ends the part
			p.batch(&b, p.at > from, got.HighWatermark)
		}
	}
	p.idle++
	if p.at > from || !first {
		p.idle = 0
	}
	switch {
	case p.at > from && p.at >= p.end:
		p.done = true
	case p.left <= 0 || p.idle >= idleLimit:
		p.partial()
		p.done = true
	}
}

// batch takes in a batch; later: another one of the same answer came before it. The offset of a batch is under no CRC:
// one that cannot be is left out.
func (p *recentPart) batch(b *Batch, later bool, highWatermark int64) {
	switch {
	case b.LastOffset < p.at && !later: // a broker may begin with what came before
		return
	case b.LastOffset >= highWatermark || b.BaseOffset < p.at && later:
		p.partial()
		return
	}
	if p.decompressor.Each(b, p.record) != nil {
		p.partial()
	}
	p.at = b.LastOffset + 1
}

// record keeps a record that is a commit of a group that is asked for. What is stored of the group itself, it has or had
// members for: commits before it may be theirs, and go. It never fails. The key of a marker is too short for one of a
// commit.
func (p *recentPart) record(r Record) error {
	if r.Offset < p.at || r.Value == nil {
		return nil
	}
	key, err := ConsumerOffsets.ParseKey(r.Key)
	group := p.groups[string(key.Group)]
	if err != nil || group == nil {
		return nil
	}
	if !key.HasTopic() {
		group.Commits = nil
		return nil
	}
	value, ok := ParseCommit(r.Value)
	if !ok {
		group.Whole = false
		return nil
	}
	c := RecentCommit{
		TP: cluster.TP{Topic: string(key.Topic), Partition: key.Partition}, Offset: value.Offset, Metadata: string(value.Metadata),
		Time: value.CommitTimestamp, LogOffset: r.Offset,
	}
	if epoch := value.LeaderEpoch; epoch >= 0 {
		c.LeaderEpoch = &epoch
	}
	if c.Time < 0 {
		c.Time = r.Timestamp
	}
	group.add(c)
	return nil
}
