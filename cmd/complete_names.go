package cmd

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// completionTime is from the start of the process to its answer: a person at a prompt waits for a second, and the shell wants
// a part of that.
const completionTime = 900 * time.Millisecond

// brokersTime is a little less, so that what some brokers said is not lost with what others did not.
func (s *session) brokersTime() time.Duration { return s.completion - 100*time.Millisecond }

// completeNames completes by the names of groups or topics, without those that are there already.
func (s *session) completeNames(ctx context.Context, scope cluster.Scope, toComplete string, there []string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names := slices.DeleteFunc(s.namesInTime(ctx, scope), func(name string) bool {
		return !strings.HasPrefix(name, toComplete) || !offerable(name) || slices.Contains(there, name)
	})
	return names, cobra.ShellCompDirectiveNoFileComp
}

// namesInTime are the best names that are known when the time is over. Nobody waits for what may not heed a context: a file on
// a network, a program that gives credentials.
func (s *session) namesInTime(ctx context.Context, scope cluster.Scope) []string {
	if s.bare != nil {
		return s.demoNames(ctx, scope)
	}
	ctx, cancel := context.WithDeadline(ctx, s.now.Add(s.completion))
	defer cancel()
	better := make(chan []string, 2)
	own := *s // it may go on while the session ends
	go func() {
		defer close(better)
		own.findNames(ctx, scope, func(names []string) { better <- names })
	}()
	var names []string
	for {
		select {
		case found, more := <-better:
			if !more {
				return names
			}
			names = found
		case <-ctx.Done():
			return names
		}
	}
}

// findNames gives the names that were kept, if any, and then, unless these are fresh, those of the cluster: each time the better
// ones, at most twice.
func (s *session) findNames(ctx context.Context, scope cluster.Scope, give func([]string)) {
	set, err := s.settings()
	if err != nil {
		return
	}
	cache := s.namesOf(set, scope)
	old, fresh := cache.read(s.now)
	if old != nil {
		give(old)
	}
	if fresh {
		return
	}
	names, errs, err := s.askUnlessRefused(ctx, set, scope)
	if err != nil {
		return
	}
	switch {
	case len(errs) == 0:
		give(names)
		cache.write(names, s.now)
	case slices.ContainsFunc(errs, refuses):
		give(names) // whoever may not see them now is not shown what somebody once saw
	default: // a broker may be down, and what only that one knows is in the old ones
		all := slices.Concat(old, names)
		slices.Sort(all)
		give(slices.Compact(all))
	}
}

// askUnlessRefused asks the cluster; where it just refused the login, that is the answer without another try.
func (s *session) askUnlessRefused(ctx context.Context, set settings, scope cluster.Scope) ([]string, []*cluster.Error, error) {
	login := s.refusalOf(set)
	if e := login.read(s.now); e != nil {
		return nil, []*cluster.Error{e}, nil
	}
	config, err := set.connection()
	if err != nil {
		return nil, nil, err
	}
	client, err := cluster.Dial(config)
	if err != nil {
		return nil, nil, err
	}
	defer client.Close()
	names, errs := askNames(ctx, client.Run(cluster.In(s.now, s.brokersTime())), scope)
	login.write(errs, s.now)
	return names, errs, nil
}

// refuses tells whether a broker did answer, and will not tell.
func refuses(e *cluster.Error) bool { return e.Code == cluster.CodeWrongLogin || e.Unauthorized() }

// askNames asks the cluster. The errors say why the names may not be all.
func askNames(ctx context.Context, run *cluster.Run, scope cluster.Scope) ([]string, []*cluster.Error) {
	brokers, errs := run.Brokers(ctx) // all the time there is: a login may take many round trips, the rest does not
	if errs != nil {
		return nil, errs
	}
	var names []string
	if scope == cluster.ScopeTopic {
		topics, e := run.TopicNames(ctx)
		if e != nil {
			return nil, []*cluster.Error{e}
		}
		names = topics
	} else {
		var listed []cluster.Listed
		listed, errs = run.ListGroups(ctx)
		names, errs = groupNamesOf(listed), slices.Concat(errs, brokers.Offline)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !offerable(name) })
	slices.Sort(names)
	return names, errs
}

// demoNames are those of the embedded cluster, which is asked each time: it is another one each time.
func (s *session) demoNames(ctx context.Context, scope cluster.Scope) []string {
	client, _, err := s.dial(s)
	if err != nil {
		return nil
	}
	defer client.Close()
	names, _ := askNames(ctx, client.Run(cluster.In(time.Now(), s.completion)), scope) // from now: it has just been made
	return names
}

// offerable tells whether a shell can offer a name: it takes lines, trimmed, and shows them to the terminal as they
// are. What begins with a dash would be read as a flag.
func offerable(name string) bool {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	return name != "" && name == strings.TrimSpace(name) && name[0] != '-' && utf8.ValidString(name) && !strings.ContainsFunc(name, unprintable)
}
