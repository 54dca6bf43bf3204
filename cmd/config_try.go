package cmd

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/output"
)

// stepItem is one step of config test.
type stepItem struct {
	Step   string         `json:"step"`
	Target string         `json:"target"` // a host name, host:port, or what a permission is for
	Result string         `json:"result"` // ok, failed, denied, unknown or, of what comes behind a failure, skipped
	Detail string         `json:"detail"`
	TookMs *int64         `json:"tookMs"` // nil: several steps were answered at once
	Error  *cluster.Error `json:"error"`
}

// Results of a step. Denied is an answer, not a failure: whoever only reads needs no more.
const (
	stepOK      = "ok"
	stepFailed  = "failed"
	stepDenied  = "denied"
	stepUnknown = "unknown"
)

func newConfigTestCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "test",
		Short: "Go the way to the cluster step by step, and say where it ends",
		Long: `Go the way to each bootstrap server step by step: its name, the TCP connection, the TLS handshake, the
SASL mechanisms of the listener, the login, the requests that the broker knows. The first step that fails
is explained, with the next thing to try. Then each broker is tried at the address that the cluster
advertises, and it is asked what this user may do: list and describe groups, read __consumer_offsets,
alter and delete groups. What is denied is no failure. Nothing is changed.` + "\n" + exitHelp,
		Example: `  offsetctl config test
  offsetctl config test --command-config client.properties
  offsetctl config test --profile prod -o json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.runConfigTest(c.Context()) },
	}
}

func (s *session) runConfigTest(ctx context.Context) error {
	if err := s.notInDemo("config test"); err != nil {
		return err
	}
	f, err := s.form(false, nil)
	if err != nil {
		return err
	}
	return s.run(ctx, func(ctx context.Context, run *cluster.Run) error {
		t := &configTest{s: s, run: run.Left(probeRounds)}
		t.all(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := print(s, f, newHead("config-test", t.clusterID, s.now), stepColumns(), func(i *stepItem) string { return i.Step }, t.items, t.errs.All); err != nil {
			return err
		}
		got := s.report(t.errs.All, stepHints(t.errs.All))
		if !got.failed {
			s.hintDenied(t.items, t.allowed.Groups)
		}
		return ended(got)
	})
}

// stepHints are for errors whose usual hint is to run config test.
func stepHints(errs []*cluster.Error) map[missing]string {
	hints := map[missing]string{}
	for _, e := range errs {
		switch e.Code {
		case cluster.CodeNoMechanism:
			hints[missing{e.Scope, e.Name}] = "set sasl.mechanism to one of these, with its sasl.jaas.config"
		case cluster.CodeNotKafka:
			hints[missing{e.Scope, e.Name}] = "check the port; if it is one with TLS or a login, set security.protocol to SSL, SASL_SSL or SASL_PLAINTEXT"
		}
	}
	return hints
}

// probeRounds is how many steps in a row are given a share of the time: those to one server, the login and what the user may do.
const probeRounds = 8

// mostGroups is of how many groups it is asked what the user may do with them: enough to see a pattern.
const mostGroups = 1000

// configTest collects what the steps found.
type configTest struct {
	s         *session
	run       *cluster.Run
	clusterID string
	items     []stepItem
	errs      cluster.Errors // what ended the way to a broker comes back when it is asked what the user may do
	allowed   cluster.Permissions
}

// all goes all ways. What this user may do is asked if any of the servers has let it in.
func (t *configTest) all(ctx context.Context) {
	reached := false
	for _, b := range t.run.Seeds() {
		ok, stop := t.probe(ctx, b)
		reached = reached || ok
		if stop && !reached {
			return
		}
	}
	if !reached {
		return
	}
	brokers, errs := t.run.Brokers(ctx)
	if errs != nil {
		t.failed(errs...)
		return
	}
	t.clusterID = brokers.ClusterID
	for _, b := range brokers.Nodes {
		if !slices.ContainsFunc(t.run.Seeds(), func(s cluster.Broker) bool { return s.Addr() == b.Addr() }) {
			t.probe(ctx, b)
		}
	}
	t.permissions(ctx)
}

// probe goes to one broker. stop: the login was refused, and where no broker has let us in, the others would refuse it too, which
// may lock the account.
func (t *configTest) probe(ctx context.Context, b cluster.Broker) (ok, stop bool) {
	ok = true
	for _, step := range t.run.Probe(ctx, b) {
		item := stepItem{Step: step.Name, Target: step.Target, Result: stepOK, Detail: step.Detail, TookMs: millis(step.Took), Error: step.Err}
		if step.Err != nil {
			ok, item.Result, item.Detail = false, stepFailed, step.Err.Message
			stop = step.Err.RefusedLogin()
			t.failed(step.Err)
		} else {
			item.Detail += t.who(step.Name)
		}
		t.items = append(t.items, item)
	}
	return ok, stop
}

// who says as whom this client comes, in a step that is about that.
func (t *configTest) who(step string) string {
	switch user := t.s.principal(); {
	case step == cluster.StepLogin && user != "":
		return " as " + user
	case step == cluster.StepTLS && t.s.own != "":
		return fmt.Sprintf("; if asked this client shows the certificate of %q", t.s.own)
	}
	return ""
}

func millis(d time.Duration) *int64 {
	ms := d.Milliseconds()
	return &ms
}

func (t *configTest) failed(errs ...*cluster.Error) {
	for _, e := range errs {
		t.errs.Add(e)
	}
}

func (t *configTest) permissions(ctx context.Context) {
	p, errs := t.run.Left(cluster.PermissionRounds).Permissions(ctx, mostGroups)
	t.failed(errs...)
	t.items, t.allowed = append(t.items, permissionItems(p)...), p
}

func stepColumns() []output.Column[stepItem] {
	return []output.Column[stepItem]{
		text("STEP", func(i *stepItem) string { return i.Step }),
		text("TARGET", func(i *stepItem) string { return i.Target }),
		toned(text("RESULT", func(i *stepItem) string { return i.Result }), func(i *stepItem) output.Tone {
			switch i.Result {
			case stepFailed:
				return output.Bad
			case stepDenied:
				return output.Warn
			}
			return output.Plain
		}),
		text("DETAIL", func(i *stepItem) string { return i.Detail }),
		wide(number("TOOK-MS", func(i *stepItem) *int64 { return i.TookMs })),
	}
}
