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
	Groups    []cluster.Group // sorted by name
	Topics    map[string]cluster.Topic
	Logs      map[cluster.TP]cluster.Log
	Errors    []*cluster.Error // what concerns no single group: brokers, partitions of __consumer_offsets, topics asked for
	Isolation Isolation
}

// Isolation says up to where a log counts.
type Isolation string

// The isolation levels, in the consumer's words.
const (
	ReadUncommitted Isolation = "read_uncommitted" // to the high watermark
	ReadCommitted   Isolation = "read_committed"   // to the last stable offset
)
