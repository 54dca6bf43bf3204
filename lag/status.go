package lag

import (
	"iter"
	"slices"
)

// Status says why a number is what it is.
type Status string

// The statuses, from mild to bad.
const (
	OK           Status = "ok"
	PendingTxn   Status = "pending-txn"  // a transaction that commits another offset is open
	NoMembers    Status = "no-members"   // an Empty group with lag: stopped, or Flink and assign(), which never show members
	NoCommit     Status = "no-commit"    // assigned, and never committed: lag unknown
	Unassigned   Status = "unassigned"   // a live group, and no member owns the partition
	BeforeStart  Status = "before-start" // the log was trimmed past the commit: records are lost
	PastEnd      Status = "past-end"     // the commit is beyond the log end: the topic was cut or made anew
	TopicGone    Status = "topic-gone"   // the topic or partition does not exist any more
	NoLeader     Status = "no-leader"    // failures from here on
	Unauthorized Status = "unauthorized"
	Failed       Status = "error"
)

// Statuses are all statuses, from mild to bad.
func Statuses() []Status {
	return []Status{OK, PendingTxn, NoMembers, NoCommit, Unassigned, BeforeStart, PastEnd, TopicGone, NoLeader, Unauthorized, Failed}
}

// worse returns the worse of two.
func worse(a, b Status) Status {
	if a == b || b == OK || a != OK && rank(a) > rank(b) {
		return a
	}
	return b
}

func rank(s Status) int { return slices.Index(Statuses(), s) }

// statusSet is a set of statuses, bit i for the i-th of Statuses: every row has one, and none may cost an allocation.
type statusSet uint16

func (set statusSet) with(s Status) statusSet { return set | 1<<rank(s) }

// all goes through the set from mild to bad.
func (set statusSet) all() iter.Seq[Status] {
	return func(yield func(Status) bool) {
		for i, s := range Statuses() {
			if set&(1<<i) != 0 && !yield(s) {
				return
			}
		}
	}
}
