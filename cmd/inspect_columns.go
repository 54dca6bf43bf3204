package cmd

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/output"
)

// tableBlock is how many rows a table shows at a time: a scan may have more than memory holds.
const tableBlock = 1000

// recordColumns are the columns of records. DETAIL is last, whatever is beside it: it has no width of its own. What of a
// commit stands there, its offset, leader epoch and metadata, has no column in wide. names are of topics that a record has
// only the id of.
func recordColumns(req inspectRequest, names inspect.TopicNames) []output.Column[inspect.Row] {
	type row = inspect.Row
	columns := []output.Column[row]{
		number("LOG-PARTITION", func(r *row) *int32 { return &r.Partition }),
		number("OFFSET", func(r *row) *int64 { return &r.Offset }),
		moment("TIMESTAMP", req.zone, func(r *row) *inspect.Millis { return (*inspect.Millis)(r.Timestamp) }),
		{Name: "TYPE", Append: func(b []byte, r *row) []byte {
			if r.Type == "" {
				return nil
			}
			return append(b, r.Type...)
		}},
	}
	subject := output.Column[row]{Name: "TOPIC/MEMBER", Append: func(b []byte, r *row) []byte { return r.AppendSubject(b, names) }}
	if req.scan.Topic == inspect.TransactionState { // whose records have neither a group nor a commit
		subject.Name = "TRANSACTIONAL-ID"
		columns = append(columns, subject)
	} else {
		columns = append(columns, groupColumn(), subject)
		columns = append(columns, transactionColumns()...)
		columns = append(columns, commitColumns(req.zone)...)
	}
	columns = append(columns, output.Column[row]{Name: "DETAIL", Tone: recordTone, Append: func(b []byte, r *row) []byte { return r.AppendDetail(b, names) }})
	if req.scan.Raw {
		columns = append(columns, hexColumn("RAW-KEY", func(r *row) []byte { return r.RawKey }), hexColumn("RAW-VALUE", func(r *row) []byte { return r.RawValue }))
	}
	return columns
}

func groupColumn() output.Column[inspect.Row] {
	return output.Column[inspect.Row]{Name: "GROUP", Append: func(b []byte, r *inspect.Row) []byte {
		if r.Key.Group == nil {
			return nil
		}
		return append(b, r.Key.Group...)
	}}
}

// transactionColumns tell of the transaction of a record, or that a marker ends.
func transactionColumns() []output.Column[inspect.Row] {
	column := func(name string, right bool, add func([]byte, *inspect.Transaction) []byte) output.Column[inspect.Row] {
		return output.Column[inspect.Row]{Name: name, Wide: true, Right: right, Append: func(b []byte, r *inspect.Row) []byte {
			if r.Transaction == nil {
				return nil
			}
			return add(b, r.Transaction)
		}}
	}
	return []output.Column[inspect.Row]{
		column("PRODUCER-ID", true, func(b []byte, t *inspect.Transaction) []byte { return strconv.AppendInt(b, t.ProducerID, 10) }),
		column("PRODUCER-EPOCH", true, func(b []byte, t *inspect.Transaction) []byte { return strconv.AppendInt(b, int64(t.ProducerEpoch), 10) }),
		toned(column("OUTCOME", false, func(b []byte, t *inspect.Transaction) []byte { return append(b, t.Outcome...) }), recordTone),
	}
}

// commitColumns tell what a commit has besides what DETAIL says.
func commitColumns(zone *time.Location) []output.Column[inspect.Row] {
	column := func(name string, add func([]byte, inspect.Commit) []byte) output.Column[inspect.Row] {
		return output.Column[inspect.Row]{Name: name, Wide: true, Append: func(b []byte, r *inspect.Row) []byte {
			if c, ok := r.AnyCommit(); ok {
				return add(b, c)
			}
			return nil
		}}
	}
	return []output.Column[inspect.Row]{
		column("COMMIT-TIME", func(b []byte, c inspect.Commit) []byte { return appendTime(b, c.CommitTimestamp, zone) }),
		column("EXPIRES", func(b []byte, c inspect.Commit) []byte {
			if c.ExpireTimestamp == -1 { // retention decides
				return nil
			}
			return appendTime(b, c.ExpireTimestamp, zone)
		}),
		column("TOPIC-ID", func(b []byte, c inspect.Commit) []byte {
			if c.TopicID == [16]byte{} {
				return nil
			}
			return base64.RawURLEncoding.AppendEncode(b, c.TopicID[:])
		}),
	}
}

func hexColumn(name string, get func(*inspect.Row) []byte) output.Column[inspect.Row] {
	return output.Column[inspect.Row]{Name: name, Append: func(b []byte, r *inspect.Row) []byte {
		if v := get(r); v != nil {
			return hex.AppendEncode(b, v)
		}
		return nil
	}}
}

func recordTone(r *inspect.Row) output.Tone {
	switch {
	case r.Err != nil || r.Transaction != nil && r.Transaction.Doubt != nil:
		return output.Bad
	case r.Transaction != nil && r.Transaction.Outcome != inspect.Committed:
		return output.Warn
	case r.Tombstone || r.Marker:
		return output.Faint
	}
	return output.Plain
}
