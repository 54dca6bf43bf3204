package inspect

import (
	"context"
	"slices"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// feedBudget bounds the bytes that wait to be shown and those that have been asked for, of all partitions together.
const feedBudget = 48 << 20

// The most and the least bytes that one request asks for. Leaders share half of the budget, so that there is room for
// what they ask for while as much waits; where there are so many that the least is too much, they take turns.
const (
	requestMost  = 16 << 20
	requestLeast = 256 << 10
)

// body is what one Fetch brought of a partition: whole batches.
type body struct {
	batches []byte
	aborted []cluster.Aborted
	markers endings // instead of batches: those beyond the last stable offset, before what they decide on

	misplaced *misplaced // instead of batches: one that cannot be where it says

	// Of what has no end, instead of batches: what is to be said at once.
	note   string
	found  *Report        // what was open when following began
	back   *int64         // the log was cut back to here, so that offsets begin again
	failed *cluster.Error // the last of its partition
}

// feed hands bodies from the loops that fetch, one per leader, to the one reader, which takes partition after
// partition. A loop may fetch ahead within the budget, from which what it asks for is taken before it asks; for the
// partition being read it always may, so that the reader never waits for what others have filled the budget with. That
// one request, and what a batch is larger than what was asked for, are all that may be beyond the budget.
type feed struct {
	mu      sync.Mutex
	changed *sync.Cond
	budget  int // feedBudget
	request int // bytes that a loop may ask for at once
	reading int // index of the partition that the reader is at
	waiting int // bytes in all queues
	asked   int // bytes that loops have asked for, and not got yet
	stopped bool
	queues  []queue

	unordered bool // no partition is read before the others: see take

	turns int   // taken so far
	line  []int // turns of the loops that wait for the budget, which is given in that order

	progress *Progress // counts what comes
}

type queue struct {
	bodies []body
	ended  bool // nothing more comes
	held   bool // by a reader: see take
	err    *cluster.Error
	notes  []string
}

func newFeed(partitions int) *feed {
	f := &feed{budget: feedBudget, request: requestMost, queues: make([]queue, partitions)}
	f.changed = sync.NewCond(&f.mu)
	return f
}

// put adds a body to the queue of the i-th partition.
func (f *feed) put(i int, b body) {
	f.progress.batches(b.batches)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queues[i].bodies = append(f.queues[i].bodies, b)
	f.waiting += len(b.batches)
	f.changed.Broadcast()
}

// end says that nothing more comes of a partition, and why, if not because all of it has come.
func (f *feed) end(i int, err *cluster.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.queues[i].ended {
		f.queues[i].ended, f.queues[i].err = true, err
		f.progress.partition()
	}
	f.changed.Broadcast()
}

// next takes the next body of the i-th partition; false: there is none any more.
func (f *feed) next(i int) (body, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reading = i
	f.changed.Broadcast()
	q := &f.queues[i]
	for len(q.bodies) == 0 && !q.ended && !f.stopped {
		f.changed.Wait()
	}
	if len(q.bodies) == 0 || f.stopped {
		return body{}, false
	}
	return f.pop(q), true
}

// pop takes the first body of a queue that has one.
func (f *feed) pop(q *queue) body {
	b := q.bodies[0]
	q.bodies[0] = body{} // for the collector
	q.bodies = q.bodies[1:]
	f.waiting -= len(b.batches)
	f.changed.Broadcast()
	return b
}

// stop ends all waiting, and nothing more comes: the reader has seen enough.
func (f *feed) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	f.changed.Broadcast()
}

// share parts the budget among so many leaders. What has been asked for stays as it was.
func (f *feed) share(leaders int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.request = min(max(f.budget/2/max(leaders, 1), requestLeast), requestMost)
	f.changed.Broadcast()
}

// choose waits until some of the partitions that are open may be fetched, and returns those, and how many bytes of them
// may be asked for, which are taken from the budget until they are got; none: none is open any more, or the scan has
// ended. What is open, in order, may change meanwhile: see wake.
func (f *feed) choose(ctx context.Context, open func() []int) (parts []int, bytes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	turn := f.queueUp()
	defer f.leave(turn)
	for !f.stopped && ctx.Err() == nil {
		mine := open()
		if len(mine) == 0 {
			return nil, 0
		}
		if f.line[0] == turn && f.waiting+f.asked+f.request <= f.budget {
			return mine, f.ask()
		}
		for _, i := range mine {
			if !f.unordered && i == f.reading && len(f.queues[i].bodies) == 0 {
				return []int{i}, f.ask()
			}
		}
		f.changed.Wait()
	}
	return nil, 0
}

// queueUp takes a turn at the budget, behind the loops that wait: else one that asks again and again could starve them.
func (f *feed) queueUp() (turn int) {
	f.turns++
	f.line = append(f.line, f.turns)
	return f.turns
}

// leave lets those behind have their turn.
func (f *feed) leave(turn int) {
	f.line = slices.DeleteFunc(f.line, func(t int) bool { return t == turn })
	f.changed.Broadcast()
}

// ask takes what one request may bring from the budget.
func (f *feed) ask() int {
	f.asked += f.request
	return f.request
}

// got says that an answer has come, and been put.
func (f *feed) got(bytes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked -= bytes
	f.changed.Broadcast()
}

// wake has choose look again at what is open.
func (f *feed) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed.Broadcast()
}

// note says what is worth knowing of the i-th partition, besides its bodies.
func (f *feed) note(i int, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queues[i].notes = append(f.queues[i].notes, text)
}

// notes are those of the i-th partition.
func (f *feed) notes(i int) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.queues[i].notes)
}
