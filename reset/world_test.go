package reset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// world is a cluster with some groups and two topics. The logs of orders are 10…100, 0…50 and 7…7, which is empty; that of
// payments:0 is 0…20, and payments:1 has no leader. The topic gone does not exist.
func world(groups ...cluster.Group) *Snapshot {
	part := func(id int32) cluster.Partition { return cluster.Partition{ID: id} }
	noLeader := cluster.Partition{ID: 1, Leader: -1, Err: &cluster.Error{Scope: cluster.ScopePartition, Name: "payments:1", Code: "LEADER_NOT_AVAILABLE", Message: "the partition has no leader"}}
	return &Snapshot{
		ClusterID: "here",
		Groups:    groups,
		Topics: map[string]cluster.Topic{
			"orders":   {Name: "orders", Partitions: []cluster.Partition{part(0), part(1), part(2)}},
			"payments": {Name: "payments", Partitions: []cluster.Partition{part(0), noLeader}},
			"gone":     {Name: "gone", Err: &cluster.Error{Scope: cluster.ScopeTopic, Name: "gone", Code: "UNKNOWN_TOPIC_OR_PARTITION", Message: "no such topic"}},
		},
		Logs: map[cluster.TP]cluster.Log{
			tp("orders:0"): logOf(10, 100), tp("orders:1"): logOf(0, 50), tp("orders:2"): logOf(7, 7),
			tp("payments:0"): logOf(0, 20),
		},
	}
}

func logOf(start, end int64) cluster.Log { return cluster.Log{Start: &start, End: &end} }

// tp is a partition by its name.
func tp(name string) cluster.TP {
	topic, number, _ := strings.Cut(name, ":")
	p, err := strconv.ParseInt(number, 10, 32)
	if err != nil {
		panic(err)
	}
	return cluster.TP{Topic: topic, Partition: int32(p)}
}

// commitAt is a commit of an offset alone.
func commitAt(name string, offset int64) cluster.Commit {
	return cluster.Commit{TP: tp(name), Offset: offset, LeaderEpoch: -1}
}

// full is a commit with all that can be beside the offset: leader epoch 3 and metadata m.
func full(name string, offset int64) cluster.Commit {
	return cluster.Commit{TP: tp(name), Offset: offset, LeaderEpoch: 3, Metadata: "m"}
}

// stopped is a group without members.
func stopped(name string, commits ...cluster.Commit) cluster.Group {
	return cluster.Group{Name: name, Type: cluster.Classic, State: "Empty", Protocol: "consumer", Members: []cluster.Member{}, Commits: commits}
}

// live is a group with members that read topics.
func live(members int, commits ...cluster.Commit) cluster.Group {
	g := stopped("g", commits...)
	g.State, g.Assignor = "Stable", "range"
	for i := range members {
		g.Members = append(g.Members, cluster.Member{ID: fmt.Sprint("m-", i), ClientID: fmt.Sprint("app-", i), Host: "10.0.0.1"})
	}
	return g
}

// absent has groups asked for that do not exist.
func (s *Snapshot) absent(names ...string) *Snapshot {
	for _, n := range names {
		s.Absent = append(s.Absent, &cluster.Error{Scope: cluster.ScopeGroup, Name: n, Code: "GROUP_ID_NOT_FOUND", Message: "no such group"})
	}
	return s
}

// broken is the failure of one partition.
func broken(name, code string) *cluster.Error {
	return &cluster.Error{Scope: cluster.ScopePartition, Name: name, Code: code, Message: "it failed"}
}

// asked is a query of groups that are named, for topics as --topic takes them: orders or orders:0.
func asked(t Target, topics ...string) Query {
	q := Query{Selection: cluster.Selection{Named: true}, Target: t}
	for _, name := range topics {
		if q.Filter == nil {
			q.Filter = cluster.Filter{}
		}
		if !strings.Contains(name, ":") {
			q.Filter[name] = nil
			continue
		}
		p := tp(name)
		if q.Filter[p.Topic] == nil {
			q.Filter[p.Topic] = cluster.Partitions{}
		}
		q.Filter[p.Topic][p.Partition] = true
	}
	return q
}

func build(t *testing.T, s *Snapshot, q Query) *Plan {
	t.Helper()
	p, err := Build(s, q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// lines are rows with all that they say, one a line:
//
//	g orders:0 | 20 e3 "m" → 30 +10 | 10…100 | planned | note | CODE scope name: message
//
// Types other than classic and topic ids are behind what they are of, where they are known.
func lines(p *Plan) []string {
	var out []string
	for _, r := range p.Rows() {
		out = append(out, line(r))
	}
	return out
}

func line(r Row) string {
	parts := []string{r.Group + kindOf(r) + topicOf(r)}
	move := spot(r.CurrentOffset, r.CurrentLeaderEpoch, r.CurrentMetadata) + " → " + spot(r.NewOffset, r.NewLeaderEpoch, r.NewMetadata)
	if r.Change != nil {
		move += fmt.Sprintf(" %+d", *r.Change)
	}
	parts = append(parts, move)
	if r.LogStartOffset != nil || r.LogEndOffset != nil {
		parts = append(parts, spot(r.LogStartOffset, nil, nil)+"…"+spot(r.LogEndOffset, nil, nil))
	}
	parts = append(parts, string(r.Result))
	if r.Note != nil {
		parts = append(parts, *r.Note)
	}
	if e := r.Error; e != nil {
		parts = append(parts, fmt.Sprintf("%s %s %s: %s", e.Code, e.Scope, e.Name, e.Message))
	}
	return strings.Join(parts, " | ")
}

func kindOf(r Row) string {
	switch {
	case r.Type == nil:
		return " (?)"
	case *r.Type == string(cluster.Classic):
		return ""
	}
	return " (" + *r.Type + ")"
}

func topicOf(r Row) string {
	var s string
	if r.Topic != nil {
		s += " " + *r.Topic
	}
	if r.Partition != nil {
		s += fmt.Sprintf(":%d", *r.Partition)
	}
	if r.TopicID != nil {
		s += " #" + *r.TopicID
	}
	return s
}

func spot(offset *int64, epoch *int32, metadata *string) string {
	s := "-"
	if offset != nil {
		s = fmt.Sprint(*offset)
	}
	if epoch != nil {
		s += fmt.Sprintf(" e%d", *epoch)
	}
	if metadata != nil && *metadata != "" {
		s += fmt.Sprintf(" %q", *metadata)
	}
	return s
}

// same compares what came with what was wanted.
func same[T any](t *testing.T, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("−want +got\n%s", diff)
	}
}

// errorsOf are the errors of a plan that concern no row.
func errorsOf(p *Plan) []string {
	var out []string
	for _, e := range p.Errors {
		out = append(out, e.Error())
	}
	slices.Sort(out)
	return out
}
