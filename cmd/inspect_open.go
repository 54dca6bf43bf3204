package cmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/output"
)

const openHelp = `--open shows one row per transaction and group: until a marker ends it, readers with read_committed
see no later commit of its partition, of any group, and compaction stops.`

// checkOpen refuses what --open cannot be combined with.
func (o inspectOptions) checkOpen(changed func(string) bool) error {
	if o.topic != "offsets" {
		return &usageError{fmt.Errorf("--open is for commits, in %s", inspect.ConsumerOffsets.LogName()), "--latest has the state of every transactional id, or share group"}
	}
	for _, flag := range []string{"from", "to", "limit", "last", "follow", "latest", "type", "topic", "raw"} {
		if !changed(flag) {
			continue
		}
		refused := &usageError{err: fmt.Errorf("--open and --%s exclude one another: it shows transactions, not records", flag)}
		if flag == "topic" {
			refused.hint = "an open transaction is of groups: leave out --topic"
		}
		return refused
	}
	return nil
}

// showOpen prints the open transactions that a report has.
func (s *session) showOpen(ctx context.Context, f form, req inspectRequest, plan, report inspect.Report) error {
	report = plan.Join(report)
	about := s.missing(ctx, req, report.Errors)
	rows, errs := report.Open, slices.Concat(report.Errors, about.errs)
	name := func(r *inspect.OpenTransaction) string { return groupOf(*r) }
	if err := print(s, f, newHead("inspect-open", report.ClusterID, s.now), openColumns(s.now, req.zone), name, rows, errs); err != nil {
		return err
	}
	for _, n := range slices.Concat(report.Notes, about.notes) {
		s.note("%s", n)
	}
	if len(rows) == 0 && len(errs) == 0 {
		if len(about.notes) == 0 {
			s.note("no transaction that commits offsets is open in what was read")
		}
		s.note("the transactions of all producers are in: %s", s.command("inspect "+lists(cluster.ScopeTransactionalID)))
	}
	if long := longest(rows); long != nil {
		kafka := "kafka-transactions.sh --bootstrap-server " + cmp.Or(s.conn.bootstrap, "HOST:PORT")
		s.note("a transaction ends by itself at its transaction.timeout.ms; one that %[1]s find-hanging --topic %[2]s lists does not, and ends by: %[1]s abort --topic %[2]s --partition %[3]d --start-offset %[4]d",
			kafka, req.scan.Topic.LogName(), long.Partition, long.StartOffset)
	}
	return ended(s.report(errs, about.hints))
}

func groupOf(t inspect.OpenTransaction) string {
	if t.Group == nil {
		return ""
	}
	return *t.Group
}

func openColumns(now time.Time, zone *time.Location) []output.Column[inspect.OpenTransaction] {
	type row = inspect.OpenTransaction
	return []output.Column[row]{
		maybe("GROUP", func(r *row) *string { return r.Group }),
		number("PRODUCER-ID", func(r *row) *int64 { return &r.ProducerID }),
		{Name: "PRODUCER-EPOCH", Right: true, Append: func(b []byte, r *row) []byte { return strconv.AppendInt(b, int64(r.ProducerEpoch), 10) }},
		ago("AGE", now, func(r *row) *inspect.Millis { return r.StartTimestamp }),
		moment("SINCE", zone, func(r *row) *inspect.Millis { return r.StartTimestamp }),
		number("RECORDS", func(r *row) *int64 { return &r.Records }),
		number("LOG-PARTITION", func(r *row) *int32 { return &r.Partition }),
		toned(number("START-OFFSET", func(r *row) *int64 { return &r.StartOffset }), openTone),
	}
}

func openTone(r *inspect.OpenTransaction) output.Tone {
	if r.Error != nil {
		return output.Bad
	}
	return output.Plain
}

const longOpen = time.Minute // transactions last seconds, unless a producer died

// isLong reports whether a transaction has been open for so long that its producer may be gone.
func isLong(t *inspect.OpenTransaction) bool {
	return t.AgeMs != nil && *t.AgeMs > longOpen.Milliseconds()
}

// longest is the one of the open transactions that has been open for longest, if that is long. One that may have ended
// is none: nobody is to abort it.
func longest(rows []inspect.OpenTransaction) *inspect.OpenTransaction {
	var found *inspect.OpenTransaction
	for i := range rows {
		if r := &rows[i]; isLong(r) && r.Error == nil && (found == nil || *r.StartTimestamp < *found.StartTimestamp) {
			found = r
		}
	}
	return found
}

// openNotes call out the transactions that have been open for long, each once, though it may hold several groups.
func openNotes(topic inspect.Topic, rows []inspect.OpenTransaction, now time.Time) (notes []string) {
	for i := range rows {
		r := &rows[i]
		if !isLong(r) || i > 0 && rows[i-1].Partition == r.Partition && rows[i-1].ProducerID == r.ProducerID {
			continue
		}
		notes = append(notes, openNote(cluster.TP{Topic: topic.LogName(), Partition: r.Partition}, r, age(now, *r.StartTimestamp)))
	}
	return bounded(notes)
}

func openNote(in cluster.TP, r *inspect.OpenTransaction, since string) string {
	if r.Error != nil {
		return fmt.Sprintf("%s: a transaction of producer %d may have been open for %s: %s", in, r.ProducerID, since, *r.Error)
	}
	return fmt.Sprintf("%s: a transaction of producer %d has been open for %s: until it ends, readers with read_committed see no later commit of this partition, and compaction stops", in, r.ProducerID, since)
}
