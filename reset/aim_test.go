package reset

import (
	"math"
	"testing"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// where is one case of where a partition is put.
type where struct {
	target Target
	commit cluster.Commit // of group g; zero: none
	topics []string
	want   []string
}

func (c where) run(t *testing.T, s func(...cluster.Group) *Snapshot) {
	g := stopped("g")
	if c.commit.Topic != "" {
		g.Commits = []cluster.Commit{c.commit}
	}
	same(t, c.want, lines(build(t, s(g), asked(c.target, c.topics...))))
}

func TestTargets(t *testing.T) {
	for name, c := range map[string]where{
		"earliest":                        {ToEarliest(), full("orders:0", 20), nil, []string{`g orders:0 | 20 e3 "m" → 10 -10 | 10…100 | planned`}},
		"earliest, there already":         {ToEarliest(), full("orders:0", 10), nil, []string{`g orders:0 | 10 e3 "m" → 10 e3 "m" +0 | 10…100 | unchanged`}},
		"earliest, before the log":        {ToEarliest(), commitAt("orders:0", 3), nil, []string{`g orders:0 | 3 → 10 +7 | 10…100 | planned`}},
		"earliest without commit":         {ToEarliest(), cluster.Commit{}, []string{"orders:0"}, []string{`g orders:0 | - → 10 | 10…100 | planned`}},
		"latest":                          {ToLatest(), full("orders:0", 20), nil, []string{`g orders:0 | 20 e3 "m" → 100 +80 | 10…100 | planned`}},
		"latest, there already":           {ToLatest(), full("orders:0", 100), nil, []string{`g orders:0 | 100 e3 "m" → 100 e3 "m" +0 | 10…100 | unchanged`}},
		"latest, empty log":               {ToLatest(), commitAt("orders:2", 3), nil, []string{`g orders:2 | 3 → 7 +4 | 7…7 | planned`}},
		"latest, commit −1":               {ToLatest(), commitAt("orders:0", -1), nil, []string{`g orders:0 | - → 100 | 10…100 | planned`}},
		"offset":                          {ToOffset(30), full("orders:0", 20), nil, []string{`g orders:0 | 20 e3 "m" → 30 +10 | 10…100 | planned`}},
		"offset, there already":           {ToOffset(20), full("orders:0", 20), nil, []string{`g orders:0 | 20 e3 "m" → 20 e3 "m" +0 | 10…100 | unchanged`}},
		"offset of the log start":         {ToOffset(10), commitAt("orders:0", 20), nil, []string{`g orders:0 | 20 → 10 -10 | 10…100 | planned`}},
		"offset of the log end":           {ToOffset(100), commitAt("orders:0", 20), nil, []string{`g orders:0 | 20 → 100 +80 | 10…100 | planned`}},
		"offset below the start":          {ToOffset(9), commitAt("orders:0", 20), nil, []string{`g orders:0 | 20 → 10 -10 | 10…100 | planned | 9 is before the log start`}},
		"offset past the end":             {ToOffset(101), commitAt("orders:0", 20), nil, []string{`g orders:0 | 20 → 100 +80 | 10…100 | planned | 101 is past the log end`}},
		"offset past the end, there":      {ToOffset(101), full("orders:0", 100), nil, []string{`g orders:0 | 100 e3 "m" → 100 e3 "m" +0 | 10…100 | unchanged | 101 is past the log end`}},
		"offset in an empty log":          {ToOffset(0), commitAt("orders:2", 3), nil, []string{`g orders:2 | 3 → 7 +4 | 7…7 | planned | 0 is before the log start`}},
		"offset 2^63−1":                   {ToOffset(math.MaxInt64), commitAt("orders:0", 20), nil, []string{`g orders:0 | 20 → 100 +80 | 10…100 | planned | 9223372036854775807 is past the log end`}},
		"shift":                           {ShiftBy(5), full("orders:0", 20), nil, []string{`g orders:0 | 20 e3 "m" → 25 +5 | 10…100 | planned`}},
		"shift back":                      {ShiftBy(-5), full("orders:0", 20), nil, []string{`g orders:0 | 20 e3 "m" → 15 -5 | 10…100 | planned`}},
		"shift by nothing":                {ShiftBy(0), full("orders:0", 20), nil, []string{`g orders:0 | 20 e3 "m" → 20 e3 "m" +0 | 10…100 | unchanged`}},
		"shift below the start":           {ShiftBy(-11), commitAt("orders:0", 20), nil, []string{`g orders:0 | 20 → 10 -10 | 10…100 | planned | 9 is before the log start`}},
		"shift past the end":              {ShiftBy(81), commitAt("orders:0", 20), nil, []string{`g orders:0 | 20 → 100 +80 | 10…100 | planned | 101 is past the log end`}},
		"shift from past the end":         {ShiftBy(-5), commitAt("orders:0", 200), nil, []string{`g orders:0 | 200 → 100 -100 | 10…100 | planned | 195 is past the log end`}},
		"shift by 2^63−1":                 {ShiftBy(math.MaxInt64), commitAt("orders:0", 20), nil, []string{`g orders:0 | 20 → 100 +80 | 10…100 | planned | 9223372036854775807 is past the log end`}},
		"shift by −2^63":                  {ShiftBy(math.MinInt64), commitAt("orders:0", 20), nil, []string{`g orders:0 | 20 → 10 -10 | 10…100 | planned | -9223372036854775788 is before the log start`}},
		"shift without commit":            {ShiftBy(5), cluster.Commit{}, []string{"payments:0", "orders"}, []string{`g orders:0 | - → - | 10…100 | unchanged | it has no committed offset to start from`, `g orders:1 | - → - | 0…50 | unchanged | it has no committed offset to start from`, `g orders:2 | - → - | 7…7 | unchanged | it has no committed offset to start from`, `g payments:0 | - → - | 0…20 | refused | NO_COMMITTED_OFFSET partition payments:0: it has no committed offset to start from`}},
		"shift, commit −1":                {ShiftBy(5), commitAt("orders:0", -1), nil, []string{`g orders:0 | - → - | 10…100 | unchanged | it has no committed offset to start from`}},
		"current":                         {ToCurrent(), full("orders:0", 20), nil, []string{`g orders:0 | 20 e3 "m" → 20 e3 "m" +0 | 10…100 | unchanged`}},
		"current, before the log":         {ToCurrent(), full("orders:0", 9), nil, []string{`g orders:0 | 9 e3 "m" → 9 e3 "m" +0 | 10…100 | unchanged | before the log start`}},
		"current, past the log":           {ToCurrent(), full("orders:0", 101), nil, []string{`g orders:0 | 101 e3 "m" → 101 e3 "m" +0 | 10…100 | unchanged | past the log end`}},
		"current at the ends":             {ToCurrent(), commitAt("orders:0", 100), nil, []string{`g orders:0 | 100 → 100 +0 | 10…100 | unchanged`}},
		"current without commit":          {ToCurrent(), commitAt("orders:0", 20), []string{"orders:0", "payments"}, []string{`g orders:0 | 20 → 20 +0 | 10…100 | unchanged`, `g payments:0 | - → - | 0…20 | unchanged | it has no committed offset to start from`, `g payments:1 | - → - | refused | LEADER_NOT_AVAILABLE partition payments:1: the partition has no leader`}},
		"current without commit, named":   {ToCurrent(), cluster.Commit{}, []string{"orders:0"}, []string{`g orders:0 | - → - | 10…100 | refused | NO_COMMITTED_OFFSET partition orders:0: it has no committed offset to start from`}},
		"of a file":                       {FromCSV(&CSV{Grouped: true, Lines: []Line{csvLine(1, "g", "orders", 0, 30), csvLine(2, "other", "orders", 1, 30)}}), full("orders:0", 20), nil, []string{`g orders:0 | 20 e3 "m" → 30 +10 | 10…100 | planned`}},
		"of a file, there already":        {FromCSV(&CSV{Lines: []Line{csvLine(1, "", "orders", 0, 20)}}), full("orders:0", 20), nil, []string{`g orders:0 | 20 e3 "m" → 20 e3 "m" +0 | 10…100 | unchanged`}},
		"of a file, past the end":         {FromCSV(&CSV{Lines: []Line{csvLine(1, "", "orders", 0, 101)}}), commitAt("orders:1", 20), nil, []string{`g orders:0 | - → 100 | 10…100 | planned | 101 is past the log end`}},
		"of a file, before the start":     {FromCSV(&CSV{Lines: []Line{csvLine(1, "", "orders", 0, 0)}}), commitAt("orders:0", 20), nil, []string{`g orders:0 | 20 → 10 -10 | 10…100 | planned | 0 is before the log start`}},
		"of a file, rows of other topics": {FromCSV(&CSV{Lines: []Line{csvLine(1, "", "orders", 0, 30), csvLine(2, "", "payments", 0, 5)}}), commitAt("orders:0", 20), []string{"payments"}, []string{`g payments:0 | - → 5 | 0…20 | planned`}},
		"of a file, no such partition":    {FromCSV(&CSV{Lines: []Line{csvLine(1, "", "orders", 3, 30)}}), commitAt("orders:0", 20), nil, []string{`g orders:3 | - → - | refused | UNKNOWN_TOPIC_OR_PARTITION partition orders:3: the topic has no such partition, only 0 to 2`}},
	} {
		t.Run(name, func(t *testing.T) { c.run(t, world) })
	}
}

func TestTargetsByTime(t *testing.T) {
	of := time.UnixMilli(5000)
	timed := func(groups ...cluster.Group) *Snapshot {
		s := world(groups...)
		for name, m := range map[string]*cluster.Moment{"orders:0": {Offset: 40, Timestamp: 5001, LeaderEpoch: new(int32(9))}, "orders:1": nil, "orders:2": nil} {
			l := s.Logs[tp(name)]
			l.Times = map[cluster.Spec]*cluster.Moment{cluster.At(5000): m}
			s.Logs[tp(name)] = l
		}
		return s
	}
	for name, c := range map[string]where{
		"record found":           {ToTime(of), full("orders:0", 20), nil, []string{`g orders:0 | 20 e3 "m" → 40 +20 | 10…100 | planned | forward: 20 records are passed over`}},
		"there already":          {ToTime(of), full("orders:0", 40), nil, []string{`g orders:0 | 40 e3 "m" → 40 e3 "m" +0 | 10…100 | unchanged`}},
		"no record as late":      {ToTime(of), full("orders:1", 20), nil, []string{`g orders:1 | 20 e3 "m" → 50 +30 | 0…50 | planned | no record is as late: the log end`}},
		"empty partition":        {ToTime(of), commitAt("orders:2", 3), nil, []string{`g orders:2 | 3 → 7 +4 | 7…7 | planned | the partition is empty: the log end`}},
		"at the end already":     {ToTime(of), full("orders:2", 7), nil, []string{`g orders:2 | 7 e3 "m" → 7 e3 "m" +0 | 7…7 | unchanged | the partition is empty: the log end`}},
		"within the millisecond": {ToTime(of.Add(-time.Microsecond)), commitAt("orders:0", 20), nil, []string{`g orders:0 | 20 → 40 +20 | 10…100 | planned | forward: 20 records are passed over`}},
		"without commit":         {ToTime(of), cluster.Commit{}, []string{"orders:0"}, []string{`g orders:0 | - → 40 | 10…100 | planned`}},
	} {
		t.Run(name, func(t *testing.T) { c.run(t, timed) })
	}
	same(t, []cluster.Spec{cluster.LogStart, cluster.LogEnd, cluster.At(5000)}, ToTime(of).specs())
	same(t, []cluster.Spec{cluster.LogStart, cluster.LogEnd}, ToOffset(5000).specs())
	same(t, cluster.At(0), ToTime(time.UnixMilli(-1)).specs()[2])
}

func TestFromGroup(t *testing.T) {
	unreadable := commitAt("orders:2", 5)
	unreadable.Err = broken("orders:2", "UNSTABLE_OFFSET_COMMIT")
	source := stopped("src", full("gone:0", 4), full("orders:0", 20), full("orders:1", 99), unreadable, commitAt("payments:0", -1))
	with := func(source *cluster.Group) func(...cluster.Group) *Snapshot {
		return func(groups ...cluster.Group) *Snapshot { s := world(groups...); s.Source = source; return s }
	}
	const gone = `g gone:0 | - → - | refused | UNKNOWN_TOPIC_OR_PARTITION topic gone: no such topic`
	where{FromGroup("src"), full("orders:0", 30), nil, []string{
		gone,
		`g orders:0 | 30 e3 "m" → 20 e3 "m" -10 | 10…100 | planned`,
		`g orders:1 | - → 99 e3 "m" | 0…50 | planned | past the log end`,
		`g orders:2 | - → - | 7…7 | refused | UNSTABLE_OFFSET_COMMIT partition orders:2: it failed`,
		`g payments:0 | - → - | 0…20 | unchanged | group "src" has no offset for it`,
	}}.run(t, with(&source))
	where{FromGroup("src"), full("orders:0", 20), []string{"orders:0"}, []string{`g orders:0 | 20 e3 "m" → 20 e3 "m" +0 | 10…100 | unchanged`}}.run(t, with(&source))
	where{FromGroup("src"), commitAt("orders:0", 20), []string{"orders:0"}, []string{`g orders:0 | 20 → 20 e3 "m" +0 | 10…100 | planned`}}.run(t, with(&source))
	where{FromGroup("src"), full("orders:0", 20), []string{"gone:1"}, []string{`g gone:1 | - → - | refused | UNKNOWN_TOPIC_OR_PARTITION topic gone: no such topic`}}.run(t, with(&source))
	none := `g | - → - | refused | NOTHING_TO_CHANGE group g: group "src", whose commits are to be copied, has none that this user may see in the topics asked for`
	where{FromGroup("src"), full("orders:0", 20), []string{"payments:0"}, []string{`g payments:0 | - → - | 0…20 | refused | NOT_IN_SOURCE partition payments:0: group "src" has no offset for it`}}.run(t, with(&source))
	where{FromGroup("src"), full("orders:0", 20), []string{"payments"}, []string{`g payments:0 | - → - | 0…20 | unchanged | group "src" has no offset for it`}}.run(t, with(&source))
	where{FromGroup("src"), full("orders:0", 20), nil, []string{none}}.run(t, with(nil))
	failing := stopped("src")
	failing.CommitsErr = &cluster.Error{Scope: cluster.ScopeGroup, Name: "src", Code: "GROUP_AUTHORIZATION_FAILED", Message: "not authorized"}
	where{FromGroup("src"), full("orders:0", 20), nil, []string{`g | - → - | refused | GROUP_AUTHORIZATION_FAILED group src: not authorized`}}.run(t, with(&failing))

	before := stopped("src", full("orders:0", 3))
	where{FromGroup("src"), full("orders:0", 20), nil, []string{`g orders:0 | 20 e3 "m" → 3 e3 "m" -17 | 10…100 | planned | before the log start`}}.run(t, with(&before))

	share := stopped("s", commitAt("orders:0", 20))
	share.Type = cluster.Share
	s := with(&before)(share)
	same(t, []string{`s (share) orders:0 | 20 → 3 -17 | 10…100 | planned | before the log start`}, lines(build(t, s, asked(FromGroup("src")))))
	s = with(&share)(stopped("g"))
	same(t, []string{`g orders:0 | - → 20 | 10…100 | planned`}, lines(build(t, s, asked(FromGroup("s")))))
}
