package inspect

import "github.com/offsetctl/offsetctl/internal/cluster"

// take takes the next body of any partition that is not held, for readers to whom the order of partitions is
// nothing, and holds that partition until release: its bodies come in order, to one reader at a time. false: there
// is nothing any more, of any partition.
func (f *feed) take() (i int, b body, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unordered = true
	for !f.stopped {
		left := false
		for k := range f.queues {
			i := (f.reading + 1 + k) % len(f.queues) // in turn, so that a backlog of one does not hold up the others
			q := &f.queues[i]
			if len(q.bodies) > 0 && !q.held {
				q.held, f.reading = true, i
				return i, f.pop(q), true
			}
			left = left || len(q.bodies) > 0 || !q.ended
		}
		if !left {
			return 0, body{}, false
		}
		f.changed.Wait()
	}
	return 0, body{}, false
}

// release lets go of a partition that take gave.
func (f *feed) release(i int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queues[i].held = false
	f.changed.Broadcast()
}

// failure is why nothing more comes of the i-th partition, after all has been taken; nil: all of it has come.
func (f *feed) failure(i int) *cluster.Error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.queues[i].err
}
