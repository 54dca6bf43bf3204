package cmd

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/output"
)

// tableBlock is how many rows a table shows at a time: a scan may have more than memory holds.
const tableBlock = 1000

func recordColumns(zone *time.Location, raw bool) []output.Column[inspect.Row] {
	type row = inspect.Row
	columns := []output.Column[row]{
		{Name: "LOG-PARTITION", Right: true, Append: func(b []byte, r *row) []byte { return strconv.AppendInt(b, int64(r.Partition), 10) }},
		{Name: "OFFSET", Right: true, Append: func(b []byte, r *row) []byte { return strconv.AppendInt(b, r.Offset, 10) }},
		{Name: "TIMESTAMP", Append: func(b []byte, r *row) []byte {
			if r.Timestamp == nil {
				return nil
			}
			return appendTime(b, *r.Timestamp, zone)
		}},
		{Name: "TYPE", Append: func(b []byte, r *row) []byte {
			if r.Type == "" {
				return nil
			}
			return append(b, r.Type...)
		}},
		{Name: "GROUP", Append: func(b []byte, r *row) []byte {
			if r.Key.Group == nil {
				return nil
			}
			return append(b, r.Key.Group...)
		}},
		{Name: "TOPIC/MEMBER", Append: func(b []byte, r *row) []byte { return r.AppendSubject(b) }},
		{Name: "DETAIL", Tone: recordTone, Append: func(b []byte, r *row) []byte { return r.AppendDetail(b) }},
	}
	if raw {
		columns = append(columns, hexColumn("RAW-KEY", func(r *row) []byte { return r.RawKey }), hexColumn("RAW-VALUE", func(r *row) []byte { return r.RawValue }))
	}
	return columns
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
	case r.Err != nil:
		return output.Bad
	case r.Transaction != nil && r.Transaction.Outcome != inspect.Committed:
		return output.Warn
	case r.Tombstone || r.Marker:
		return output.Faint
	}
	return output.Plain
}
