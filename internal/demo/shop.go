package demo

import (
	"cmp"
	"strings"
	"time"
)

// The shop: what the demo cluster holds. Start makes it so, Live moves it on.
//
// The README prints the table that `offsetctl demo lag` draws of this, and a test compares them: a change here is a
// change there.

// topic is one topic of the shop.
type topic struct {
	name       string
	partitions int32
	records    int64 // about so many in each partition; see end
	trimmed    int64 // retention deleted the records below this offset
	rate       int   // about so many new records a tick and partition while Live runs
	deleted    bool  // created, committed to, deleted
}

// end is the partition's log end after Start: real partitions are never equally full.
func (t topic) end(partition int32) int64 {
	p := int64(partition)
	return t.records + p*p*37%(t.records/8)
}

var topics = []topic{
	{name: "clickstream", partitions: 12, records: 1500, trimmed: 500, rate: 8},
	{name: "emails", partitions: 3, records: 420, rate: 1},
	{name: "inventory", partitions: 2, records: 640, rate: 2},
	{name: "orders", partitions: 6, records: 1200, rate: 4},
	{name: "orders-v1", partitions: 2, records: 800, deleted: true},
	{name: "payments", partitions: 4, records: 900, rate: 3},
	{name: "product-images", partitions: 4, records: 160, rate: 1},
	{name: "returns", partitions: 3, records: 96, rate: 1},
}

// kind is a group's protocol: the three differ in how members join and where positions are kept.
type kind int

const (
	classic  kind = iota // members assign the partitions themselves
	consumer             // KIP-848: the coordinator assigns them
	share                // KIP-932: a queue; the broker keeps the position
)

// group is one group of the shop.
type group struct {
	name    string
	kind    kind
	members []string // client ids; none: nobody is connected
	static  bool     // members have instance ids, equal to their client ids
	topics  []string // what the members subscribe to
	commits []commit
	pace    int64 // of 100 new records it commits so many while Live runs
	every   int   // ticks between two commits while Live runs, 0 means 1

	// comesBack is the client id of a consumer that starts when somebody has moved the group while Live runs; empty: none.
	comesBack string
}

// commit is where a group stands in one topic.
type commit struct {
	topic    string
	behind   []int64 // records between the commit and the log end, by partition, repeated; negative: past the end
	metadata string
	formerly string // metadata of older commits, where it was another
}

var groups = []group{
	{ // in order
		name: "orders-app", topics: []string{"orders"}, pace: 100,
		members: []string{"orders-app-1", "orders-app-2", "orders-app-3"},
		commits: []commit{{topic: "orders", behind: []int64{0, 2, 1, 0, 0, 3}}},
	},
	{ // lagging, most of all in one hot partition
		name: "clickstream-sessions", topics: []string{"clickstream"}, pace: 90,
		members: []string{"sessions-1", "sessions-2"},
		commits: []commit{{topic: "clickstream", behind: []int64{41, 38, 35, 52, 44, 29, 47, 1012, 33, 40, 36, 45}}},
	},
	{ // KIP-848
		name: "search-indexer", kind: consumer, topics: []string{"inventory", "orders"}, pace: 100,
		members: []string{"indexer-a", "indexer-b"},
		commits: []commit{
			{topic: "inventory", behind: []int64{0, 1}},
			{topic: "orders", behind: []int64{5, 0, 0, 4, 0, 2}},
		},
	},
	{ // KIP-848, static members, says in the metadata which build has committed
		name: "payments-ledger", kind: consumer, static: true, topics: []string{"payments"}, pace: 100,
		members: []string{"ledger-0", "ledger-1"},
		commits: []commit{{topic: "payments", behind: []int64{0}, metadata: "ledger build 4211", formerly: "ledger build 4198"}},
	},
	{ // a classic static member
		name: "fraud-check", static: true, topics: []string{"payments"}, pace: 100,
		members: []string{"fraud-check-0"},
		commits: []commit{{topic: "payments", behind: []int64{6, 2, 0, 3}}},
	},
	{ // in the middle of a transaction; see exports
		name: "payments-export", topics: []string{"payments"},
		members: []string{"payments-export-1"},
		commits: []commit{{topic: "payments", behind: []int64{12, 8, 10, 9}}},
	},
	{ // no-commit: subscribed, and never committed in two of three partitions
		name: "returns-desk", topics: []string{"returns"},
		members: []string{"returns-desk-1"},
		commits: []commit{{topic: "returns", behind: []int64{4, noCommit, noCommit}}},
	},
	{ // past-end: the topic was deleted and created again, the commit is from the first life
		name: "inventory-sync", topics: []string{"inventory"},
		members: []string{"inventory-sync-1"},
		commits: []commit{{topic: "inventory", behind: []int64{-39360, 0}}},
	},
	{ // no-members: stopped
		name: "email-sender", topics: []string{"emails"}, comesBack: "email-sender-1",
		commits: []commit{{topic: "emails", behind: []int64{57, 61, 49}}},
	},
	{ // no-members: Flink assigns itself and commits on each checkpoint, from outside of any generation
		name: "flink-revenue", pace: 100, every: 8,
		commits: []commit{
			{topic: "orders", behind: []int64{21, 18, 24, 19, 22, 20}},
			{topic: "payments", behind: []int64{11, 9, 13, 10}},
		},
	},
	{ // before-start: retention has deleted what it had still to read
		name:    "clickstream-archiver",
		commits: []commit{{topic: "clickstream", behind: []int64{1300}}},
	},
	{ // topic-gone
		name: "legacy-importer",
		commits: []commit{
			{topic: "orders-v1", behind: []int64{0}},
			{topic: "orders", behind: []int64{0}},
		},
	},
	{ // KIP-932
		name: "thumbnails", kind: share, topics: []string{"product-images"},
		members: []string{"thumbnailer-1", "thumbnailer-2"},
		commits: []commit{{topic: "product-images", behind: []int64{8, 3, 5, 2}}},
	},
}

// noCommit in commit.behind says that the partition has none. No log is that long.
const noCommit = int64(1) << 62

// export is a transaction of a group that commits its own offsets in transactions. Each task of it has one partition.
type export struct {
	group     string
	topic     string
	partition int32
	behind    int64
	ago       time.Duration
	outcome   outcome
}

// outcome is what becomes of a transaction.
type outcome int

const (
	leftOpen outcome = iota
	committing
	aborting
)

// chunk is how far a committed export moves its group.
const chunk = 6

// exports leave a commit pending: the first partition is committed to its end, if the transaction is.
var exports = []export{
	{"payments-export", "payments", 0, 0, transacting, leftOpen},
	{"payments-export", "payments", 1, 8, 90 * time.Second, committing},
	{"payments-export", "payments", 2, 0, 60 * time.Second, aborting},
}

// former are commits that are no more, and groups that were deleted altogether.
var former = []struct {
	group
	deleted bool
}{
	{group{name: "flink-revenue", commits: []commit{{topic: "orders-v1", behind: []int64{0}}}}, false},
	{group{name: "spring-sale", commits: []commit{{topic: "emails", behind: []int64{180}}}}, true},
}

// position is a group's offset in one partition.
type position struct {
	topic     string
	partition int32
	offset    int64
	metadata  string
}

func (p position) compare(o position) int {
	return cmp.Or(strings.Compare(p.topic, o.topic), cmp.Compare(p.partition, o.partition))
}

// positions are the group's commits after Start.
func (g group) positions() []position {
	var ps []position
	for _, c := range g.commits {
		t := topicNamed(c.topic)
		for p := range t.partitions {
			behind := c.behind[int(p)%len(c.behind)]
			if behind != noCommit {
				ps = append(ps, position{t.name, p, t.end(p) - behind, c.metadata})
			}
		}
	}
	return ps
}

// split returns the commits to topics that are deleted and to those that live.
func (g group) split() (gone, there []position) {
	for _, p := range g.positions() {
		if topicNamed(p.topic).deleted {
			gone = append(gone, p)
		} else {
			there = append(there, p)
		}
	}
	return gone, there
}

// beforeExports are positions of the group before its transactions, of which a committed one leads to where it stands.
func (g group) beforeExports(ps []position) []position {
	for i, p := range ps {
		for _, e := range exports {
			if e.outcome == committing && e.group == g.name && e.topic == p.topic && e.partition == p.partition {
				ps[i].offset -= chunk
			}
		}
	}
	return ps
}

func topicNamed(name string) topic {
	for _, t := range topics {
		if t.name == name {
			return t
		}
	}
	panic("demo: no topic " + name + " in the table")
}
