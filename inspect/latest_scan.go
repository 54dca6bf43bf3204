package inspect

import (
	"context"
	"fmt"
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// State is the latest state of the partitions that were read, see LatestFiles and Live.Latest. Options.Limit has no
// meaning for it. The filter is asked for every group of which there is a record, be it of no use for the state.
type State struct {
	Report Report // its open transactions are told apart by producer only, not by group

	parts []*partitionState // in the order of partitions
}

// Commits are the rows of the commits, sorted by group, topic and partition.
func (l *State) Commits() []LatestCommit {
	var keys []latestKey
	for _, p := range l.parts {
		keys = p.appendKeys(keys)
	}
	slices.SortFunc(keys, compareKeys)
	rows := make([]LatestCommit, len(keys))
	for i := range keys {
		rows[i] = keys[i].row()
	}
	return rows
}

// Records emits the newest record of each key that is no commit's, in the order of partition and offset.
func (l *State) Records(raw bool, emit func(*Row) error) error {
	for _, p := range l.parts {
		if err := p.emitRecords(raw, emit); err != nil {
			return err
		}
	}
	return nil
}

// HasCommits reports whether a topic's records of these types, nil for all, add up to commits, which then is all that
// counts, and mixed whether there are others among them.
func (t Topic) HasCommits(types map[string]bool) (commits, mixed bool) {
	if t != ConsumerOffsets {
		return false, false
	}
	others := 0
	for name := range types {
		if name == groupRecords[0].name || name == groupRecords[1].name {
			commits = true
		} else {
			others++
		}
	}
	return commits || types == nil, commits && others > 0
}

func (o Options) latestKind() latestKind {
	if commits, _ := o.Topic.HasCommits(o.Filter.Types); commits {
		return latestCommits
	}
	return latestRecords
}

// finish reports what was damaged, is open, or was not understood.
func (l *State) finish(topic Topic) {
	var odd oddities
	var where int32
	for _, p := range l.parts {
		l.Report.Open = append(l.Report.Open, p.open.rows(p.partition, p.now)...)
		if e := p.bad.error(topic, p.partition); e != nil {
			l.Report.Errors = append(l.Report.Errors, e)
			p.incomplete = e
		}
		if odd.records == 0 && p.odd.records > 0 {
			odd, where = p.odd, p.partition
		} else {
			odd.records += p.odd.records
		}
	}
	if odd.records > 0 {
		l.Report.Notes = append(l.Report.Notes, fmt.Sprintf("%d records are not understood and left out; the first is at offset %d of %s: %v",
			odd.records, odd.offset, cluster.TP{Topic: topic.LogName(), Partition: where}, odd.first))
	}
}

// Latest adds up the parts: bodies of all partitions at the same time, as many as there are processors, those of one
// in the order of its log. The error is the context's; what cannot be read is errors of the report.
func (l *Live) Latest(ctx context.Context, o Options) (*State, error) {
	state := &State{}
	for _, p := range l.Parts {
		state.parts = append(state.parts, newPartitionState(o, p.ID, p.Start))
	}
	scan, closeScan := l.start(ctx, l.Parts, logOrder, o.Progress)
	defer closeScan()
	scan.bodies(func(part int, b body) {
		for batch := range Batches(b.batches) {
			state.parts[part].batch(&batch)
		}
		if b.misplaced != nil {
			state.parts[part].bad.misplaced(b.misplaced, func(b *Batch) { state.parts[part].batch(b) })
		}
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	for i := range l.Parts {
		state.parts[i].incomplete = scan.feed.failure(i)
	}
	state.Report = scan.unread()
	state.finish(o.Topic)
	return state, nil
}
