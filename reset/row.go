package reset

import (
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Row is one change as commands print it and as documents on disk have it. Topic and Partition are null where the row is
// of a group or a topic as a whole. Unknown and none are null throughout.
type Row struct {
	Group              string         `json:"group"`
	Type               *string        `json:"type"`
	Topic              *string        `json:"topic"`
	TopicID            *string        `json:"topicId"` // as Kafka prints it: base64url
	Partition          *int32         `json:"partition"`
	CurrentOffset      *int64         `json:"currentOffset"` // committed before the change
	CurrentLeaderEpoch *int32         `json:"currentLeaderEpoch"`
	CurrentMetadata    *string        `json:"currentMetadata"`
	NewOffset          *int64         `json:"newOffset"` // null: the commit is deleted, or there is none to make
	NewLeaderEpoch     *int32         `json:"newLeaderEpoch"`
	NewMetadata        *string        `json:"newMetadata"`
	Change             *int64         `json:"change"` // new − current
	LogStartOffset     *int64         `json:"logStartOffset"`
	LogEndOffset       *int64         `json:"logEndOffset"` // high watermark
	Result             Result         `json:"result"`
	Note               *string        `json:"note"`
	Error              *cluster.Error `json:"error"`
}

// Rows are the changes of the plan, by group, topic and partition.
func (p *Plan) Rows() []Row {
	var rows []Row
	for i := range p.Groups {
		g := &p.Groups[i]
		for k := range g.Changes {
			rows = append(rows, g.Changes[k].row(g))
		}
	}
	return rows
}

func (c *Change) row(g *Group) Row {
	r := Row{
		Group: g.Name, Type: known(string(g.Type)), Topic: known(c.Topic), TopicID: c.TopicID.Text(),
		LogStartOffset: c.LogStart, LogEndOffset: c.LogEnd,
		Result: c.Result, Note: known(strings.Join(c.Notes, "; ")), Error: c.Err,
	}
	if !c.Whole {
		r.Partition = &c.Partition
	}
	if c.Current != nil {
		r.CurrentOffset, r.CurrentLeaderEpoch, r.CurrentMetadata = &c.Current.Offset, c.Current.LeaderEpoch, &c.Current.Metadata
	}
	if c.New != nil {
		r.NewOffset, r.NewLeaderEpoch, r.NewMetadata = &c.New.Offset, c.New.LeaderEpoch, &c.New.Metadata
	}
	if c.Current != nil && c.New != nil {
		change := c.New.Offset - c.Current.Offset
		r.Change = &change
	}
	return r
}

// position is what a row says of a commit; nil: none.
func position(offset *int64, epoch *int32, metadata *string) *Position {
	if offset == nil {
		return nil
	}
	p := &Position{Offset: *offset, LeaderEpoch: epoch}
	if metadata != nil {
		p.Metadata = *metadata
	}
	return p
}

// current and wanted are the two positions of a row.
func (r *Row) current() *Position {
	return position(r.CurrentOffset, r.CurrentLeaderEpoch, r.CurrentMetadata)
}

func (r *Row) wanted() *Position { return position(r.NewOffset, r.NewLeaderEpoch, r.NewMetadata) }

// known returns a pointer to s, nil for the empty string where that means unknown or none.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
