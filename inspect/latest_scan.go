package inspect

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// State is the latest state of the partitions that were read, see LatestFiles and Live.Latest. Options.Limit has no
// meaning for it.
type State struct {
	Report Report

	// Groups are those that the filter selects by name and that have any record, be it of no use for the state. nil
	// without such a filter.
	Groups map[string]bool

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

// sharedFilter lets readers of several partitions ask a filter by group at once, and notes which groups come.
type sharedFilter struct {
	mu   sync.Mutex
	ask  func([]byte) bool
	seen map[string]bool
}

func (s *sharedFilter) selects(group []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ask(group) {
		return false
	}
	if !s.seen[string(group)] {
		s.seen[string(group)] = true
	}
	return true
}

// shared prepares options for several readers.
func (l *State) shared(o Options) Options {
	if o.Filter.Group != nil {
		l.Groups = map[string]bool{}
		s := &sharedFilter{ask: o.Filter.Group, seen: l.Groups}
		o.Filter.Group = s.selects
	}
	return o
}

// finish reports what was damaged or not understood.
func (l *State) finish(topic Topic) {
	var odd oddities
	var where int32
	for _, p := range l.parts {
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
	caller := ctx
	ctx, cancel := context.WithCancel(ctx)
	once := *l
	once.undecided = true
	f := newFeed(len(l.Parts))
	f.progress = o.Progress
	f.progress.beginParts(l.Parts)
	defer context.AfterFunc(ctx, f.stop)()
	var fetchers, readers sync.WaitGroup
	defer fetchers.Wait()
	defer cancel()

	state := &State{}
	o = state.shared(o)
	for _, p := range l.Parts {
		state.parts = append(state.parts, newPartitionState(o, p.ID, p.Start))
	}
	fetchers.Go(func() { once.fetch(ctx, f) })
	for range min(runtime.GOMAXPROCS(0), len(l.Parts)) {
		readers.Go(func() { state.take(f) })
	}
	readers.Wait()
	if caller.Err() != nil {
		return nil, caller.Err()
	}
	var errs cluster.Errors
	for i := range l.Parts {
		e := f.failure(i)
		state.parts[i].incomplete = e
		errs.Add(l.ofTopic(e))
		state.Report.Notes = append(state.Report.Notes, f.notes(i)...)
	}
	state.Report.Errors = errs.All
	state.finish(o.Topic)
	return state, nil
}

// take is one of the readers of a feed.
func (l *State) take(f *feed) {
	for {
		i, b, ok := f.take()
		if !ok {
			return
		}
		for batch := range Batches(b.batches) {
			l.parts[i].batch(&batch)
		}
		f.release(i)
	}
}
