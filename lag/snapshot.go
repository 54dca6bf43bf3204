// Package lag joins committed offsets with the ends of the logs: what each group has left to read,
// in what state it is, and why a number is not known.
package lag

import (
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Snapshot is what the cluster said, before any arithmetic. Commits were read before log ends, so
// that a commit made meanwhile overstates lag by a little and never makes it negative.
type Snapshot struct {
	ClusterID string
	Groups    []Group // sorted by name
	Topics    map[string]cluster.Topic
	Logs      map[cluster.TP]cluster.Log
	Errors    []*cluster.Error // what concerns no single group: brokers, partitions of __consumer_offsets, topics asked for
	Isolation Isolation
}

// Group is one group as its coordinator listed, described and committed it.
type Group struct {
	Name        string
	Type        cluster.GroupType // empty: unknown
	State       string            // empty: unknown
	Protocol    string
	Assignor    string
	Coordinator *cluster.Broker // nil: unknown

	Members  []cluster.Member // nil with DescribeErr
	Assigned bool             // the members' assignments are known

	Commits []cluster.Commit // sorted; a share group's start offsets

	DescribeErr *cluster.Error // state may be known all the same, from the list
	CommitsErr  *cluster.Error // nothing is known about its partitions
}

// Isolation says up to where a log counts.
type Isolation string

// The isolation levels, in the consumer's words.
const (
	ReadUncommitted Isolation = "read_uncommitted" // to the high watermark
	ReadCommitted   Isolation = "read_committed"   // to the last stable offset
)

// Filter selects partitions. The zero value selects all.
type Filter map[string]Partitions

// Partitions are partition numbers; nil means all of the topic.
type Partitions map[int32]bool

// Has reports whether the partition is selected.
func (f Filter) Has(tp cluster.TP) bool {
	if f == nil {
		return true
	}
	ps, ok := f[tp.Topic]
	return ok && (ps == nil || ps[tp.Partition])
}
