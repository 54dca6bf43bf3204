package reset

import (
	"testing"
	"time"

	"github.com/offsetctl/offsetctl/inspect"
)

// record is a commit of orders:0 as it stands in the log.
func record(ms, offset int64) inspect.RecentCommit {
	return inspect.RecentCommit{TP: tp("orders:0"), Offset: offset, Time: ms}
}

func TestOwnCommitsDoNotCount(t *testing.T) {
	// moves is an undo file of a change of g that put orders:0 at an offset.
	moves := func(cluster string, offset int64) *Document {
		return &Document{ClusterID: cluster, Finished: new(time.Time), Items: []Row{{Group: "g", Topic: new("orders"), Partition: new(int32(0)), NewOffset: &offset, NewMetadata: new(""), Result: Applied}}}
	}
	deletion := &Document{ClusterID: "here", Finished: new(time.Time), Items: []Row{{Group: "g", Topic: new("orders"), Partition: new(int32(0)), Result: Applied}, {Group: "g"}}}
	withEpoch, withMetadata := record(9000, 30), record(9000, 30)
	withEpoch.LeaderEpoch, withMetadata.Metadata = new(int32(3)), "m"
	other := record(9000, 30)
	other.Partition = 1
	for name, c := range map[string]struct {
		own     []*Document
		commits []inspect.RecentCommit
		want    int
	}{
		"none of ours":             {nil, []inspect.RecentCommit{record(0, 10), record(5000, 20), record(9000, 30)}, 3},
		"one of ours":              {[]*Document{moves("here", 20)}, []inspect.RecentCommit{record(0, 10), record(5000, 20), record(9000, 30)}, 2},
		"all ours":                 {[]*Document{moves("here", 10), moves("here", 30)}, []inspect.RecentCommit{record(0, 10), record(9000, 30)}, 0},
		"the same offset twice":    {[]*Document{moves("here", 20)}, []inspect.RecentCommit{record(0, 20), record(5000, 20)}, 1},
		"twice, and both ours":     {[]*Document{moves("here", 20), moves("here", 20)}, []inspect.RecentCommit{record(0, 20), record(5000, 20)}, 0},
		"of another cluster":       {[]*Document{moves("there", 30)}, []inspect.RecentCommit{record(9000, 30)}, 1},
		"of another partition":     {[]*Document{moves("here", 30)}, []inspect.RecentCommit{other}, 1},
		"of another epoch":         {[]*Document{moves("here", 30)}, []inspect.RecentCommit{withEpoch}, 1},
		"of other metadata":        {[]*Document{moves("here", 30)}, []inspect.RecentCommit{withMetadata}, 1},
		"deletions are no commits": {[]*Document{deletion}, []inspect.RecentCommit{record(0, 0)}, 1},
		"within a second are one":  {nil, []inspect.RecentCommit{record(0, 10), record(1000, 20), record(1001, 30)}, 2},
		"nothing was committed":    {[]*Document{moves("here", 30)}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			same(t, c.want, inspect.Bursts(commitsOf("here", c.own).without("g", c.commits)))
		})
	}
	same(t, 1, len(commitsOf("here", []*Document{moves("here", 30)}).without("other", []inspect.RecentCommit{record(0, 30)})))
}
