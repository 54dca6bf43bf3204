package reset

import (
	"context"
	"maps"
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// send sends the changes of one group: its commits in one request, and those that are deleted in another. What is not
// sent since ctx has ended stays planned.
func send(ctx, bounded context.Context, run *cluster.Run, g *Group) {
	if g.Delete {
		return // all of one coordinator together, see deleteGroups
	}
	var sets, deletions []*Change
	for _, c := range g.pending() {
		if c.New != nil {
			sets = append(sets, c)
		} else {
			deletions = append(deletions, c)
		}
	}
	for _, part := range []struct {
		changes []*Change
		do      func(context.Context, *cluster.Run, *Group, []*Change) []cluster.Outcome
	}{{sets, commit}, {deletions, deleteCommits}} {
		switch {
		case len(part.changes) == 0:
		case ctx.Err() != nil:
			interrupted(part.changes)
		case len(sets) > 0 && !slices.ContainsFunc(sets, func(c *Change) bool { return c.Result != Failed }):
			g.hold("no commit of the group was taken") // all or nothing, as long as it can be
		default:
			take(part.changes, part.do(bounded, run, g, part.changes))
		}
	}
}

// interrupted notes of changes that they were not sent.
func interrupted(changes []*Change) {
	for _, c := range changes {
		c.note("not sent: interrupted")
	}
}

func commit(ctx context.Context, run *cluster.Run, g *Group, changes []*Change) []cluster.Outcome {
	commits := make([]cluster.Commit, len(changes))
	for i, c := range changes {
		commits[i] = cluster.Commit{TP: c.TP, Offset: c.New.Offset, LeaderEpoch: epoch(c.New.LeaderEpoch), Metadata: c.New.Metadata}
	}
	if g.Type == cluster.Share {
		return run.AlterShareOffsets(ctx, g.ref(), commits).Items
	}
	return run.Commit(ctx, g.ref(), commits).Items
}

func deleteCommits(ctx context.Context, run *cluster.Run, g *Group, changes []*Change) []cluster.Outcome {
	tps := make([]cluster.TP, len(changes))
	for i, c := range changes {
		tps[i] = c.TP
	}
	if g.Type != cluster.Share {
		return run.DeleteOffsets(ctx, g.ref(), tps).Items
	}
	return deleteTopics(ctx, run, g, tps)
}

// deleteTopics deletes the start offsets of a share group, which Kafka does by topic.
func deleteTopics(ctx context.Context, run *cluster.Run, g *Group, tps []cluster.TP) []cluster.Outcome {
	of := map[string]cluster.TopicOutcome{}
	for _, tp := range tps {
		of[tp.Topic] = cluster.TopicOutcome{}
	}
	for _, o := range run.DeleteShareOffsets(ctx, g.ref(), slices.Sorted(maps.Keys(of))) {
		of[o.Topic] = o
	}
	out := make([]cluster.Outcome, len(tps))
	for i, tp := range tps {
		out[i] = cluster.Outcome{TP: tp, Err: of[tp.Topic].Err, Unknown: of[tp.Topic].Unknown}
	}
	return out
}

// deleteGroups deletes the groups that are to go: one request per coordinator.
func deleteGroups(ctx, bounded context.Context, run *cluster.Run, groups []*Group) {
	gone := slices.DeleteFunc(slices.Clone(groups), func(g *Group) bool { return !g.Delete })
	if len(gone) == 0 {
		return
	}
	if ctx.Err() != nil {
		for _, g := range gone {
			interrupted(g.pending())
		}
		return
	}
	for i, o := range run.DeleteGroups(bounded, refsOf(gone)) {
		changes := gone[i].pending()
		outcomes := make([]cluster.Outcome, len(changes))
		for k, c := range changes {
			outcomes[k] = cluster.Outcome{TP: c.TP, Err: o.Err, Unknown: o.Unknown}
		}
		take(changes, outcomes)
	}
}

// take notes what came of sending the changes: failed, or, until it is read back, unknown.
func take(changes []*Change, outcomes []cluster.Outcome) {
	for i, c := range changes {
		c.Result, c.Err, c.unanswered = Unknown, outcomes[i].Err, outcomes[i].Unknown
		if outcomes[i].Err != nil && !outcomes[i].Unknown {
			c.Result = Failed
		}
	}
}
