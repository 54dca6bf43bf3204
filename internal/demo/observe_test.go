package demo

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// seen is a group as a client of the cluster sees it.
type seen struct {
	Type, State string
	Members     int
	Commits     int   // partitions with a commit, or with a share group's start offset
	Lag         int64 // the sum over the partitions with a commit that exist
	Lost        int64 // committed, and deleted before it was read
	Status      string
}

// shopAsSeen is what `offsetctl demo lag` has to show.
var shopAsSeen = map[string]seen{
	"orders-app":           {"classic", "Stable", 3, 6, 6, 0, "ok"},
	"clickstream-sessions": {"classic", "Stable", 2, 12, 1452, 0, "ok"},
	"search-indexer":       {"consumer", "Stable", 2, 8, 12, 0, "ok"},
	"payments-ledger":      {"consumer", "Stable", 2, 4, 0, 0, "ok"},
	"fraud-check":          {"classic", "Stable", 1, 4, 11, 0, "ok"},
	"payments-export":      {"classic", "Stable", 1, 4, 39, 0, "pending-txn"},
	"returns-desk":         {"classic", "Stable", 1, 1, 4, 0, "no-commit"},
	"inventory-sync":       {"classic", "Stable", 1, 2, 0, 0, "past-end"},
	"email-sender":         {"classic", "Empty", 0, 3, 167, 0, "no-members"},
	"flink-revenue":        {"classic", "Empty", 0, 10, 167, 0, "no-members"},
	"clickstream-archiver": {"classic", "Empty", 0, 12, 13144, 2456, "before-start"},
	"legacy-importer":      {"classic", "Empty", 0, 8, 0, 0, "topic-gone"},
	"thumbnails":           {"share", "Stable", 2, 4, 18, 0, "ok"},
}

// observer reads a cluster as offsetctl does: from outside, through Dial.
type observer struct {
	t      *testing.T
	admin  *kadm.Client
	client *kgo.Client
	starts kadm.ListedOffsets
	ends   kadm.ListedOffsets
}

func newObserver(t *testing.T, c *Cluster) *observer {
	t.Helper()
	versions := kversion.Stable()
	versions.SetMaxKeyVersion(9, 9) // OffsetFetch 10 hides the commits of deleted topics
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Addrs()...), kgo.Dialer(c.Dial), kgo.MaxVersions(versions), kgo.DisableClientMetrics())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	o := &observer{t: t, client: client, admin: kadm.NewClient(client)}
	if o.starts, err = o.admin.ListStartOffsets(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o.ends, err = o.admin.ListEndOffsets(t.Context()); err != nil {
		t.Fatal(err)
	}
	return o
}

func observe(t *testing.T, c *Cluster) map[string]seen {
	t.Helper()
	o := newObserver(t, c)
	all := make(map[string]seen)
	for _, shard := range o.client.RequestSharded(t.Context(), kmsg.NewPtrListGroupsRequest()) {
		if shard.Err != nil {
			t.Fatal(shard.Err)
		}
		for _, g := range shard.Resp.(*kmsg.ListGroupsResponse).Groups {
			all[g.Group] = o.group(g.Group, g.GroupType, g.GroupState)
		}
	}
	o.client.Close()
	return all
}

func (o *observer) group(name, typ, state string) seen {
	o.t.Helper()
	if typ == "share" {
		return o.shareGroup(name, state)
	}
	s := seen{Type: typ, State: state, Status: "ok"}
	owners := o.owners(name, typ, state)
	s.Members = len(owners)
	commits, err := o.admin.FetchOffsets(o.t.Context(), name)
	if err != nil {
		o.t.Fatal(err)
	}
	statuses := map[string]bool{"no-members": s.Members == 0}
	commits.Each(func(r kadm.OffsetResponse) {
		s.Commits++
		o.partition(r.Offset, &s, statuses)
	})
	if o.pending(name) {
		statuses["pending-txn"] = true
	}
	for _, assigned := range owners {
		for topic, partitions := range assigned {
			for _, p := range partitions {
				if _, ok := commits.Lookup(topic, p); !ok {
					statuses["no-commit"] = true
				}
			}
		}
	}
	for _, status := range []string{"pending-txn", "no-members", "no-commit", "before-start", "past-end", "topic-gone"} {
		if statuses[status] && (status != "no-members" || s.Lag > 0) {
			s.Status = status
		}
	}
	return s
}

// partition adds one commit to the group.
func (o *observer) partition(commit kadm.Offset, s *seen, statuses map[string]bool) {
	end, ok := o.ends.Lookup(commit.Topic, commit.Partition)
	if !ok {
		statuses["topic-gone"] = true
		return
	}
	start, _ := o.starts.Lookup(commit.Topic, commit.Partition)
	switch {
	case commit.At > end.Offset:
		statuses["past-end"] = true
	case commit.At < start.Offset:
		statuses["before-start"] = true
		s.Lost += start.Offset - commit.At
	}
	s.Lag += max(0, end.Offset-max(commit.At, start.Offset))
}

// owners are the members' assignments, by client id, from the describe that fits the type.
func (o *observer) owners(name, typ, state string) map[string]map[string][]int32 {
	o.t.Helper()
	owners := make(map[string]map[string][]int32)
	if typ == "consumer" {
		described, err := o.admin.DescribeConsumerGroups(o.t.Context(), name)
		if err != nil || described[name].State != state || described[name].Epoch != described[name].AssignmentEpoch {
			o.t.Errorf("group %q: %v, %+v", name, err, described[name])
		}
		for _, m := range described[name].Members {
			owners[m.ClientID] = make(map[string][]int32)
			for topic, partitions := range m.Assignment {
				owners[m.ClientID][topic] = slices.Sorted(maps.Keys(partitions))
			}
		}
		return owners
	}
	described, err := o.admin.DescribeGroups(o.t.Context(), name)
	if err != nil || described[name].State != state {
		o.t.Errorf("group %q: %v, %+v", name, err, described[name])
	}
	for _, m := range described[name].Members {
		owners[m.ClientID] = make(map[string][]int32)
		assignment, ok := m.Assigned.AsConsumer()
		if !ok {
			o.t.Errorf("group %q: member %q has no consumer assignment", name, m.ClientID)
			continue
		}
		for _, topic := range assignment.Topics {
			owners[m.ClientID][topic.Topic] = topic.Partitions
		}
	}
	return owners
}

// pending says whether a transaction of the group is open.
func (o *observer) pending(name string) bool {
	o.t.Helper()
	commits, err := o.admin.FetchOffsets(kadm.RequireStable(o.t.Context()), name)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, r := range commits.Sorted() {
		if errors.Is(r.Err, kerr.UnstableOffsetCommit) {
			return true
		}
	}
	return false
}

func (o *observer) shareGroup(name, state string) seen {
	o.t.Helper()
	described, err := o.admin.DescribeShareGroups(o.t.Context(), name)
	if err != nil || described[name].GroupState != state {
		o.t.Errorf("share group %q: %v, %+v", name, err, described[name])
	}
	offsets, err := o.admin.DescribeShareGroupOffsets(o.t.Context(), name)
	if err != nil || offsets[name].Err != nil {
		o.t.Fatal(err, offsets[name].Err)
	}
	s := seen{Type: "share", State: state, Members: len(described[name].Members), Status: "ok"}
	for _, partitions := range offsets[name].Offsets {
		for _, p := range partitions {
			s.Commits++
			s.Lag += p.Lag
		}
	}
	return s
}

// details are the lines of `offsetctl demo lag --by partition`, without the ids that a broker draws.
func details(t *testing.T, c *Cluster) []string {
	t.Helper()
	o := newObserver(t, c)
	var lines []string
	for _, g := range groups {
		if g.kind == share {
			continue
		}
		typ, state := "classic", "Stable"
		if g.kind == consumer {
			typ = "consumer"
		}
		if len(g.members) == 0 {
			state = "Empty"
		}
		for client, assigned := range o.owners(g.name, typ, state) {
			for topic, partitions := range assigned {
				lines = append(lines, fmt.Sprint(g.name, " ", client, " owns ", topic, partitions))
			}
		}
		commits, err := o.admin.FetchOffsets(t.Context(), g.name)
		if err != nil {
			t.Fatal(err)
		}
		commits.Each(func(r kadm.OffsetResponse) {
			start, _ := o.starts.Lookup(r.Topic, r.Partition)
			end, _ := o.ends.Lookup(r.Topic, r.Partition)
			lines = append(lines, fmt.Sprintf("%s %s/%d %d of %d..%d epoch %d %q",
				g.name, r.Topic, r.Partition, r.At, start.Offset, end.Offset, r.LeaderEpoch, r.Metadata))
		})
	}
	slices.Sort(lines)
	o.client.Close()
	return lines
}
