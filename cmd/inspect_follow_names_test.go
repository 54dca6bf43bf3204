package cmd

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

func TestFollowedNamesThatAreNotThere(t *testing.T) {
	payments := existing{groups: []string{"billing", "payments"}}
	for _, c := range []struct {
		name  string
		now   existing
		asked *wantedNames
		want  []string
	}{
		{"all are there", payments, &wantedNames{groups: map[string]bool{"billing": false}}, nil},
		{"a group", payments, &wantedNames{groups: map[string]bool{"paymnts": false, "x": false}}, []string{
			"the cluster has no group paymnts now; what comes of it is shown; did you mean payments?",
			"the cluster has no group x now; what comes of it is shown",
		}},
		{"no group at all", existing{groups: []string{}}, &wantedNames{groups: map[string]bool{"x": false}}, []string{
			"the cluster has no group x now; what comes of it is shown",
		}},
		{"nobody could be asked", existing{}, &wantedNames{groups: map[string]bool{"x": false}, matches: true, match: "x"}, nil},
		{"the group with the empty name, which is not in the list", payments, &wantedNames{groups: map[string]bool{"": false}}, nil},
		{"a pattern", payments, &wantedNames{matches: true, match: "pay"}, []string{
			"the cluster has no group that matches now; --match is for the whole name, try: --match '.*pay.*'",
		}},
		{"a pattern that matches", payments, &wantedNames{matches: true, match: "pay.*"}, nil},
		{"a topic", existing{missing: []string{"ordres"}, topics: []string{"orders"}}, &wantedNames{topics: map[string]bool{"ordres": false}}, []string{
			"the cluster has no topic ordres now; commits for it are shown should any come; did you mean orders?",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.asked.scope = cluster.ScopeGroup
			if d := cmp.Diff(c.want, c.now.notes(c.asked)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
