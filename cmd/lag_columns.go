package cmd

import (
	"strconv"

	"github.com/offsetctl/offsetctl/lag"
	"github.com/offsetctl/offsetctl/output"
)

func partitionColumns() []output.Column[lag.Row] {
	tone := func(r *lag.Row) output.Tone { return statusTone(r.Status) }
	return []output.Column[lag.Row]{
		text("GROUP", func(r *lag.Row) string { return r.Group }),
		maybe("TOPIC", func(r *lag.Row) *string { return r.Topic }),
		number("PARTITION", func(r *lag.Row) *int32 { return r.Partition }),
		number("CURRENT-OFFSET", func(r *lag.Row) *int64 { return r.CurrentOffset }),
		number("LOG-END-OFFSET", func(r *lag.Row) *int64 { return r.LogEndOffset }),
		number("LAG", func(r *lag.Row) *int64 { return r.Lag }),
		toned(text("STATUS", func(r *lag.Row) string { return string(r.Status) }), tone),
		short(maybe("CONSUMER-ID", func(r *lag.Row) *string { return r.ConsumerID })),
		short(maybe("HOST", func(r *lag.Row) *string { return r.Host })),
		short(maybe("CLIENT-ID", func(r *lag.Row) *string { return r.ClientID })),
		wide(maybe("TYPE", func(r *lag.Row) *string { return r.Type })),
		wide(maybe("STATE", func(r *lag.Row) *string { return r.State })),
		wide(number("LOG-START-OFFSET", func(r *lag.Row) *int64 { return r.LogStartOffset })),
		wide(number("LOST", func(r *lag.Row) *int64 { return r.Lost })),
		wide(number("LEADER-EPOCH", func(r *lag.Row) *int32 { return r.LeaderEpoch })),
		wide(maybe("INSTANCE-ID", func(r *lag.Row) *string { return r.InstanceID })),
		wide(maybe("METADATA", func(r *lag.Row) *string { return r.Metadata })),
	}
}

func groupColumns() []output.Column[lag.GroupRow] {
	tone := func(r *lag.GroupRow) output.Tone { return statusTone(r.Status) }
	return []output.Column[lag.GroupRow]{
		text("GROUP", func(r *lag.GroupRow) string { return r.Group }),
		maybe("TYPE", func(r *lag.GroupRow) *string { return r.Type }),
		maybe("STATE", func(r *lag.GroupRow) *string { return r.State }),
		number("MEMBERS", func(r *lag.GroupRow) *int { return r.Members }),
		number("TOPICS", func(r *lag.GroupRow) *int { return r.Topics }),
		number("PARTITIONS", func(r *lag.GroupRow) *int { return r.Partitions }),
		number("LAG", func(r *lag.GroupRow) *int64 { return r.Lag }),
		number("MAX-LAG", func(r *lag.GroupRow) *int64 { return r.MaxLag }),
		toned(text("STATUS", func(r *lag.GroupRow) string { return string(r.Status) }), tone),
		wide(number("UNKNOWN", func(r *lag.GroupRow) *int { return &r.UnknownPartitions })),
		wide(maybe("PROTOCOL", func(r *lag.GroupRow) *string { return r.Protocol })),
		wide(maybe("ASSIGNOR", func(r *lag.GroupRow) *string { return r.Assignor })),
		wide(output.Column[lag.GroupRow]{Name: "COORDINATOR", Right: true, Append: func(b []byte, r *lag.GroupRow) []byte {
			if r.Coordinator == nil {
				return nil
			}
			return strconv.AppendInt(b, int64(r.Coordinator.ID), 10)
		}}),
	}
}

func topicColumns() []output.Column[lag.TopicRow] {
	tone := func(r *lag.TopicRow) output.Tone { return statusTone(r.Status) }
	return []output.Column[lag.TopicRow]{
		text("GROUP", func(r *lag.TopicRow) string { return r.Group }),
		maybe("TOPIC", func(r *lag.TopicRow) *string { return r.Topic }),
		number("PARTITIONS", func(r *lag.TopicRow) *int { return r.Partitions }),
		number("LAG", func(r *lag.TopicRow) *int64 { return r.Lag }),
		number("MAX-LAG", func(r *lag.TopicRow) *int64 { return r.MaxLag }),
		toned(text("STATUS", func(r *lag.TopicRow) string { return string(r.Status) }), tone),
		wide(number("UNKNOWN", func(r *lag.TopicRow) *int { return &r.UnknownPartitions })),
	}
}

func memberLagColumns() []output.Column[lag.MemberRow] {
	return []output.Column[lag.MemberRow]{
		text("GROUP", func(r *lag.MemberRow) string { return r.Group }),
		short(maybe("CONSUMER-ID", func(r *lag.MemberRow) *string { return r.ConsumerID })),
		short(maybe("HOST", func(r *lag.MemberRow) *string { return r.Host })),
		short(maybe("CLIENT-ID", func(r *lag.MemberRow) *string { return r.ClientID })),
		maybe("INSTANCE-ID", func(r *lag.MemberRow) *string { return r.InstanceID }),
		number("PARTITIONS", func(r *lag.MemberRow) *int { return r.Partitions }),
		number("LAG", func(r *lag.MemberRow) *int64 { return r.Lag }),
		number("MAX-LAG", func(r *lag.MemberRow) *int64 { return r.MaxLag }),
		wide(number("UNKNOWN", func(r *lag.MemberRow) *int { return &r.UnknownPartitions })),
	}
}

func statusTone(s lag.Status) output.Tone {
	switch s {
	case lag.OK:
		return output.Good
	case lag.PendingTxn, lag.NoMembers, lag.NoCommit, lag.Unassigned:
		return output.Warn
	}
	return output.Bad
}
