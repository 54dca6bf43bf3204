package inspect

import (
	"context"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// planRounds are the dependent rounds of requests of Plan: the brokers, the topic, the ends of its logs.
const planRounds = 3

// Wanted says which partitions of a topic are read.
type Wanted struct {
	Topic      Topic
	Groups     []string           // or transactional ids: only the partitions that these are stored in; nil: all
	Partitions cluster.Partitions // nil: all
	Range      Range
	Follow     bool // partitions that cannot be read for now are waited for
}

// StoredByName reports whether all records of a group, or a transactional id, are in one partition, which its name tells.
// The state of share groups is stored by group, topic and partition.
func (t Topic) StoredByName() bool { return t != ShareGroupState }

// Plan finds the partitions to read, and how far they go now. What cannot be read is in the report; only a
// cluster of which no bootstrap server answers gives none, and then one error per server. A topic that is not
// there has no partitions.
func Plan(ctx context.Context, run *cluster.Run, w Wanted) (*Live, Report, []*cluster.Error) {
	var report Report
	brokers, errs := run.Left(planRounds).Brokers(ctx)
	if errs != nil {
		return nil, report, errs
	}
	report.ClusterID = brokers.ClusterID
	topics := run.Left(planRounds-1).Topics(ctx, []string{w.Topic.LogName()})
	l := &Live{Run: run, Topic: topics[0]}
	switch {
	case l.Topic.Err.UnknownTopic():
		report.Notes = append(report.Notes, "the cluster has no topic "+l.Topic.Name+" yet")
		return l, report, nil
	case l.Topic.Err != nil:
		report.Errors = append(report.Errors, l.Topic.Err)
		return l, report, nil
	}
	w.measure(ctx, l, &report)
	if w.Follow {
		report.Errors = w.await(l, report.Errors)
	}
	return l, report, nil
}

// measure asks for the ends of the partitions wanted, and plans those that answer.
func (w Wanted) measure(ctx context.Context, l *Live, report *Report) {
	tps, failed := w.choose(l.Topic)
	report.Errors = append(report.Errors, failed...)
	specs := append(w.Range.specs(), cluster.LogStart, cluster.LogEnd, cluster.LastStable)
	logs := l.Run.Left(1).Offsets(ctx, []cluster.Topic{l.Topic}, tps, specs...)
	for _, tp := range tps {
		log := logs[tp]
		p, _ := l.Topic.Partition(tp.Partition)
		leader, known := l.Run.Node(p.Leader)
		switch {
		case log.Err != nil:
			report.Errors = append(report.Errors, log.Err)
		case log.Start != nil && log.End != nil && log.Stable != nil && known:
			read := w.Range.of(log)
			report.PastEnd = w.Range.pastEnd(report.PastEnd, tp.Partition, *log.End)
			l.Parts = append(l.Parts, Part{ID: tp.Partition, Leader: leader, LogStart: *log.Start, Start: read.from, End: read.to, Stable: *log.Stable, LogEnd: *log.End})
		default:
			report.Errors = append(report.Errors, &cluster.Error{Scope: cluster.ScopePartition, Name: tp.String(), Code: cluster.CodeIncomplete, Message: "its leader did not tell where the log begins and ends", Retriable: true})
		}
	}
}

// choose are the partitions of the topic that are wanted, in order, and the errors of those without a leader
// and of numbers that the topic does not have.
func (w Wanted) choose(t cluster.Topic) (tps []cluster.TP, errs []*cluster.Error) {
	stored := map[int32]bool{}
	for _, g := range w.Groups {
		if p, ok := t.OffsetsPartition(g); ok {
			stored[p] = true
		}
	}
	for _, p := range t.Partitions {
		tp := cluster.TP{Topic: t.Name, Partition: p.ID}
		switch {
		case w.Groups != nil && w.Topic.StoredByName() && !stored[p.ID], w.Partitions != nil && !w.Partitions[p.ID]:
		case p.Err != nil:
			errs = append(errs, p.Err)
		default:
			tps = append(tps, tp)
		}
	}
	for p := range w.Partitions {
		if _, ok := t.Partition(p); !ok {
			errs = append(errs, cluster.NoPartition(cluster.TP{Topic: t.Name, Partition: p}, len(t.Partitions)))
		}
	}
	return tps, errs
}
