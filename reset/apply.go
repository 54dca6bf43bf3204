package reset

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Options say how a plan is carried out.
type Options struct {
	Command string // as it is called, for the undo file
	Partial bool   // what is not refused is sent, also of groups of which something is
	Force   bool   // also groups that something commits for without being a member

	Begin func(*Document) (*Entry, error) // writes the undo file
	Now   time.Time
}

// ErrNoUndoFile is why nothing of a plan was sent.
var ErrNoUndoFile = errors.New("nothing was changed, since what would undo it cannot be kept")

// Apply carries a plan out and leaves in it what became of each change. Before the first changing request it writes the
// undo file, and sees that members and commits are still what the plan says; afterwards it reads back what it wrote. When
// ctx ends nothing more is sent; what was is read back all the same. The entry is that of the undo file, nil where nothing
// was sent or all of it failed; the error is that of the file, and if there is no entry nothing was sent for it.
func Apply(ctx context.Context, run *cluster.Run, p *Plan, o Options) (*Entry, error) {
	p.judge(o.Partial, o.Force)
	if len(p.sending()) == 0 {
		return nil, nil
	}
	entry, err := o.Begin(undoDocument(p, p.sending(), o))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoUndoFile, err)
	}
	run.Forget()                          // a broker that was too slow for the recent commits may well take a commit
	bounded := context.WithoutCancel(ctx) // what has begun comes to an end, each request within its time
	recheck(bounded, run, p.sending(), o.Partial)
	groups := p.sending()
	if len(groups) == 0 {
		return nil, entry.Discard()
	}
	each(groups, func(g *Group) { send(ctx, bounded, run, g) })
	deleteGroups(ctx, bounded, run, groups)
	readBack(bounded, run, groups)
	done := undoDocument(p, groups, o)
	if !slices.ContainsFunc(done.Items, func(r Row) bool { return r.Result == Applied || r.Result == Unknown }) {
		return nil, entry.Discard()
	}
	return entry, entry.Finish(done, time.Now())
}

// atOnce bounds how many groups are worked on at a time, so that an interruption finds some that are not sent yet.
const atOnce = 64

// each calls do for all groups, many at once.
func each(groups []*Group, do func(*Group)) {
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for _, g := range groups {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			do(g)
		})
	}
	wg.Wait()
}

// ref is how requests name the group.
func (g *Group) ref() cluster.Ref {
	return cluster.Ref{Group: g.Name, Type: g.Type, Coordinator: g.Coordinator}
}

func refsOf(groups []*Group) []cluster.Ref {
	refs := make([]cluster.Ref, len(groups))
	for i, g := range groups {
		refs[i] = g.ref()
	}
	return refs
}
