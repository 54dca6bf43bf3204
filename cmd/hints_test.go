package cmd

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/reset"
)

func TestAuthorizationHints(t *testing.T) {
	const add = "kafka-acls.sh --bootstrap-server b:9092 --add --allow-principal User:alice --operation "
	s := &session{program: "offsetctl", server: "b:9092", user: "alice"}
	for name, c := range map[string]struct {
		err  cluster.Error
		want string
	}{
		"a group":                {cluster.Error{Scope: cluster.ScopeGroup, Name: "app", Code: "GROUP_AUTHORIZATION_FAILED"}, "this user needs: " + add + "Describe --group app"},
		"a name to be quoted":    {cluster.Error{Scope: cluster.ScopeGroup, Name: "a b'c$", Code: "GROUP_AUTHORIZATION_FAILED"}, "this user needs: " + add + `Describe --group 'a b'\''c$'`},
		"a leading dash":         {cluster.Error{Scope: cluster.ScopeGroup, Name: "-dash", Code: "GROUP_AUTHORIZATION_FAILED"}, "this user needs: " + add + "Describe --group -dash"},
		"the empty name":         {cluster.Error{Scope: cluster.ScopeGroup, Code: "GROUP_AUTHORIZATION_FAILED"}, "this user needs Describe for it: for a group of this name alone there is no ACL: * stands for all groups"},
		"the name of all":        {cluster.Error{Scope: cluster.ScopeGroup, Name: "*", Code: "GROUP_AUTHORIZATION_FAILED"}, "this user needs Describe for it: for a group of this name alone there is no ACL: * stands for all groups"},
		"blanks at an end":       {cluster.Error{Scope: cluster.ScopeGroup, Name: " app", Code: "GROUP_AUTHORIZATION_FAILED"}, "this user needs Describe for it: kafka-acls.sh cuts off the blanks at the ends of its name"},
		"a topic":                {cluster.Error{Scope: cluster.ScopeTopic, Name: "orders", Code: "TOPIC_AUTHORIZATION_FAILED"}, "this user needs: " + add + "Describe --topic orders"},
		"a partition":            {cluster.Error{Scope: cluster.ScopePartition, Name: "orders:3", Code: "TOPIC_AUTHORIZATION_FAILED"}, "this user needs: " + add + "Describe --topic orders"},
		"the cluster":            {cluster.Error{Scope: cluster.ScopeBroker, Name: "1 (b:9092)", Code: "CLUSTER_AUTHORIZATION_FAILED"}, "this user needs: " + add + "Describe --cluster"},
		"a topic of its members": {cluster.Error{Scope: cluster.ScopeGroup, Name: "app", Code: "TOPIC_AUTHORIZATION_FAILED"}, "Kafka does not say which topic it is that the group's members read and this user may not see; for each: " + add + "Describe --topic TOPIC"},
	} {
		if d := cmp.Diff(c.want, s.hintFor(&c.err)); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

func TestACLCommandIsForWhoTheBrokersSee(t *testing.T) {
	subject := ""
	s := &session{server: "b:9092", secured: true, subject: func() string { return subject }}
	const add = "kafka-acls.sh --bootstrap-server b:9092 --command-config ADMIN.properties --add --allow-principal "
	if got, want := s.aclCommand("--cluster", "Describe"), add+"User:NAME --operation Describe --cluster"; got != want {
		t.Errorf("before the login: %s, want %s", got, want)
	}
	subject = "al ice" // of a token
	if got, want := s.aclCommand("--cluster", "Describe"), add+"'User:al ice' --operation Describe --cluster"; got != want {
		t.Errorf("after it: %s, want %s", got, want)
	}
}

func TestWriteAuthorizationHints(t *testing.T) {
	const add = "to change it this user needs: kafka-acls.sh --add --allow-principal User:NAME --operation "
	s := &session{program: "offsetctl"}
	denied := func(scope cluster.Scope, name, code string) *cluster.Error {
		return &cluster.Error{Scope: scope, Name: name, Code: code}
	}
	group := denied(cluster.ScopeGroup, "app", "GROUP_AUTHORIZATION_FAILED")
	for name, c := range map[string]struct {
		command string
		target  reset.Target
		plan    reset.Group
		failure reset.Failure
		want    string
	}{
		"commits":                  {"reset", reset.ToLatest(), reset.Group{Commits: true}, reset.Failure{Error: group}, add + "Read --group app"},
		"could not be read":        {"reset", reset.ToLatest(), reset.Group{}, reset.Failure{Error: group}, add + "Read --group app"},
		"deletes":                  {"delete-offsets", reset.ToNothing(), reset.Group{Deletes: true}, reset.Failure{Error: group}, add + "Delete --group app"},
		"could not be deleted":     {"delete-group", reset.ToNoGroup(), reset.Group{}, reset.Failure{Error: group}, add + "Delete --group app"},
		"undo does both":           {"undo", reset.ToLatest(), reset.Group{Commits: true, Deletes: true}, reset.Failure{Error: group}, add + "Read --operation Delete --group app"},
		"of a partition":           {"reset", reset.ToLatest(), reset.Group{Commits: true}, reset.Failure{Group: "app", Error: denied(cluster.ScopePartition, "orders:0", "GROUP_AUTHORIZATION_FAILED")}, add + "Read --group app"},
		"the topic of a partition": {"reset", reset.ToLatest(), reset.Group{Commits: true}, reset.Failure{Group: "app", Error: denied(cluster.ScopePartition, "orders:0", "TOPIC_AUTHORIZATION_FAILED")}, add + "Read --topic orders"},
		"the group that is copied": {"reset", reset.FromGroup("src"), reset.Group{}, reset.Failure{Group: "app", Error: denied(cluster.ScopeGroup, "src", "GROUP_AUTHORIZATION_FAILED")}, "this user needs: kafka-acls.sh --add --allow-principal User:NAME --operation Describe --group src"},
	} {
		c.plan.Name = "app"
		req := changeRequest{command: c.command, query: reset.Query{Target: c.target}}
		if d := cmp.Diff(c.want, s.writeAuthorizationHint(req, &reset.Plan{Groups: []reset.Group{c.plan}}, c.failure)); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

func TestGroupPermission(t *testing.T) {
	ops := func(bits cluster.Operations) *cluster.Operations { return &bits }
	step := groupSteps()[1] // Read, which is bit 3
	for name, c := range map[string]struct {
		groups []cluster.GroupOperations
		want   stepItem
	}{
		"none":    {nil, stepItem{Result: stepUnknown, Detail: "this user sees no group"}},
		"all":     {[]cluster.GroupOperations{{Group: "a", Operations: ops(1 << 3)}}, stepItem{Result: stepOK, Detail: "allowed for 1 of the 1 groups that this user sees; it takes Read on their topics too"}},
		"one":     {[]cluster.GroupOperations{{Group: "a", Operations: ops(1 << 3)}, {Group: "b", Operations: ops(0)}}, stepItem{Result: stepDenied, Detail: "allowed for 1 of the 2 groups that this user sees; not b; it takes Read on their topics too"}},
		"unknown": {[]cluster.GroupOperations{{Group: "a", Err: &cluster.Error{Message: "no answer"}}}, stepItem{Result: stepUnknown, Detail: "of 1 group the brokers do not say: no answer"}},
		"in part": {[]cluster.GroupOperations{{Group: "a", Operations: ops(0)}, {Group: "b"}}, stepItem{Result: stepDenied, Detail: "allowed for 0 of the 2 groups that this user sees; not a; of 1 group the brokers do not say"}},
	} {
		c.want.Step, c.want.Target = stepReset, "groups"
		if d := cmp.Diff(c.want, groupPermission(step, c.groups)); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

func TestGroupWord(t *testing.T) {
	for group, want := range map[string]string{"app": "app", "-dash": "-g -dash", "- b": "-g '- b'", "a b": "'a b'"} {
		if got := groupWord(group); got != want {
			t.Errorf("%q is %s, want %s", group, got, want)
		}
	}
}
