package inspect

import (
	"errors"
	"runtime"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Lines makes lines of rows in several goroutines at once, for formats in which a row is a line of its own: making
// them is most of the work of a large scan.
type Lines struct {
	New   func() func(dst []byte, r *Row) ([]byte, error) // what one goroutine appends the line of a row with
	Write func(lines []byte) error                        // gets the lines in order
}

// errStop ends a scan that has shown enough.
var errStop = errors.New("stopped")

// piece is a stretch of one partition's log: whole batches, and what became of the transactions in it.
type piece struct {
	batches  []byte
	outcomes []decision // of the batches that belong to transactions, markers left out, in order
}

// pieceSize is about how many bytes one goroutine makes rows of at a time.
const pieceSize = 256 << 10

// pieces cuts batches, which are whole, into pieces. decide tells what became of the transaction of a batch; it is
// asked in order, also of batches of no transaction, whose answer does not matter.
func pieces(batches []byte, decide func(*Batch) decision, yield func(piece) error) error {
	from, to := 0, 0
	for b := range Batches(batches) {
		if to += len(b.Bytes); to-from < pieceSize && to < len(batches) {
			continue
		}
		if err := yield(newPiece(batches[from:to:to], decide)); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// newPiece is a piece of batches, of which decide tells as it does for pieces.
func newPiece(batches []byte, decide func(*Batch) decision) piece {
	p := piece{batches: batches}
	for b := range Batches(batches) {
		if d := decide(&b); b.Transactional && !b.Control {
			p.outcomes = append(p.outcomes, d)
		}
	}
	return p
}

// partition is one partition of a scan, as far as its rows are concerned.
type partition struct {
	id   int32
	span span // a batch may reach beyond it on both sides
}

// show makes the rows of a scan, and gives them out in the order of what it is told to show. Where rows are lines,
// several goroutines make them; else one does.
type show struct {
	options    Options
	emit       func(*Row) error
	partitions []partition
	stop       func()

	jobs    chan *job // for the workers
	order   chan *job // the same, for the writer
	stopped chan struct{}
	ended   sync.WaitGroup
	lines   sync.Pool // of *[]byte
	noted   []noted

	// Of the writer, and after close of everybody.
	damage []damage   // by partition
	open   []openings // likewise
	last   int        // index of the partition at which the scan was stopped
	err    error      // which stopped it
}

// noted is a note on a partition, by index.
type noted struct {
	part int
	text string
}

// job is something to make rows of.
type job struct {
	part  int // index
	do    func(*partitionReader) error
	free  func() // called when it is done
	lines *[]byte
	bad   damage
	open  openings
	err   error
	done  chan struct{}
}

// newShow begins a scan of partitions. Rows go to emit, or as lines where the options have them. stop is called when
// no more are wanted, since who reads ahead may be waiting.
func newShow(partitions []partition, o Options, emit func(*Row) error, stop func()) *show {
	workers := 1
	if o.parallel() {
		workers = runtime.GOMAXPROCS(0)
	}
	s := &show{
		options: o, emit: limited(o.Limit, emit), partitions: partitions, stop: stop,
		// Twice the workers, so that none waits while the writer does.
		order: make(chan *job, 2*workers), jobs: make(chan *job, 2*workers+1), stopped: make(chan struct{}),
		damage: make([]damage, len(partitions)), open: make([]openings, len(partitions)), last: len(partitions),
	}
	for range workers {
		s.ended.Go(s.work)
	}
	s.ended.Go(s.write)
	return s
}

// parallel reports whether rows may be made by several goroutines. A limit and the markers that a filter selects
// depend on the rows before.
func (o *Options) parallel() bool {
	return o.Lines != nil && o.Limit == 0 && o.Filter.Group == nil && o.Filter.Partition == nil
}

// piece shows a stretch of a partition's log. It is free to be used again when free is called, which may be nil. An
// error says that the scan has been stopped: close says why.
func (s *show) piece(part int, p piece, free func()) error {
	return s.do(part, func(r *partitionReader) error { return r.piece(p) }, free)
}

func (s *show) do(part int, do func(*partitionReader) error, free func()) error {
	j := &job{part: part, do: do, free: free, done: make(chan struct{})}
	select {
	case <-s.stopped:
		return errStop
	case s.order <- j:
		s.jobs <- j // has always room for what is in order
		return nil
	}
}

// work makes rows.
func (s *show) work() {
	r := &partitionReader{topic: s.options.Topic, filter: s.options.Filter, raw: s.options.Raw}
	var line func([]byte, *Row) ([]byte, error)
	if s.options.parallel() {
		line = s.options.Lines.New()
	}
	var broken error // nothing comes after it
	for j := range s.jobs {
		if broken == nil {
			r.begins(s.partitions[j.part])
			r.emit = r.partition.span.only(s.emitOf(j, line))
			r.open = &j.open
			broken = j.do(r)
		}
		j.err = broken
		if j.free != nil {
			j.free()
		}
		close(j.done)
	}
}

// emitOf is where the rows of a job go.
func (s *show) emitOf(j *job, line func([]byte, *Row) ([]byte, error)) func(*Row) error {
	if line == nil {
		return func(r *Row) error {
			j.bad.count(r)
			return s.emit(r)
		}
	}
	j.lines, _ = s.lines.Get().(*[]byte)
	if j.lines == nil {
		lines := make([]byte, 0, 4*pieceSize) // not nil, which says unknown to a column
		j.lines = &lines
	}
	*j.lines = (*j.lines)[:0]
	return func(r *Row) error {
		j.bad.count(r)
		var err error
		*j.lines, err = line(*j.lines, r)
		return err
	}
}

// write takes in what has been made, in order.
func (s *show) write() {
	for j := range s.order {
		<-j.done
		if s.err != nil {
			continue
		}
		s.damage[j.part].add(j.bad)
		s.open[j.part].join(j.open)
		s.err = j.err
		if j.lines != nil && s.err == nil {
			s.err = s.options.Lines.Write(*j.lines)
			s.lines.Put(j.lines)
		}
		if s.err != nil {
			s.last = j.part
			close(s.stopped)
			s.stop()
		}
	}
}

// close waits until all is shown. The error is what stopped the scan, if it is not that it has shown enough.
func (s *show) close() error {
	close(s.order)
	close(s.jobs)
	s.ended.Wait()
	if errors.Is(s.err, errStop) {
		return nil
	}
	return s.err
}

// whole reports, after close, whether a partition has been shown to its end.
func (s *show) whole(part int) bool { return part < s.last }

// begun reports, after close, whether a partition has been shown at least in part, or had nothing to show.
func (s *show) begun(part int) bool { return part <= s.last }

// errors are the failures of the partitions after close: those given, by index, of what could not be read, and the
// damage in what could. A scan that was stopped has none beyond what it has shown, whatever was read ahead.
func (s *show) errors(unread []*cluster.Error) []*cluster.Error {
	var all []*cluster.Error
	for i := range s.partitions {
		var e *cluster.Error
		if s.whole(i) {
			e = unread[i]
		}
		if e == nil {
			e = s.damage[i].error(s.options.Topic, s.partitions[i].id)
		}
		if e != nil {
			all = append(all, e)
		}
	}
	return all
}

// note keeps what is worth knowing of a partition.
func (s *show) note(part int, text string) { s.noted = append(s.noted, noted{part, text}) }

// notes are those on all partitions that have been shown to their end.
func (s *show) notes() []string {
	var all []string
	for _, n := range s.noted {
		if s.whole(n.part) {
			all = append(all, n.text)
		}
	}
	return all
}

// report is what there is to say after close, but for the errors.
func (s *show) report() Report {
	r := Report{Notes: s.notes()}
	for i, p := range s.partitions {
		r.Open = append(r.Open, s.open[i].rows(p.id, s.options.Now)...)
	}
	return r
}
