package cmd

import (
	"strings"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// requestSelection reads the flags that say which records are shown; matchSet: --match is given.
func (o inspectOptions) requestSelection(req *inspectRequest, matchSet bool) error {
	var err error
	if req.scan.Topic, err = internalTopic(o.topic); err != nil {
		return err
	}
	if len(o.groups) > 0 && matchSet {
		return usagef("--group and --match exclude one another")
	}
	req.asked = o.asks(req.scan.Topic, matchSet)
	if req.scan.Filter, err = o.filter(req.scan.Topic, req.asked); err != nil {
		return err
	}
	req.partitions, err = o.logPartitions()
	return err
}

// logPartitions reads --partition; nil: all.
func (o inspectOptions) logPartitions() (cluster.Partitions, error) {
	if len(o.partitions) == 0 {
		return nil, nil
	}
	list := strings.Join(o.partitions, ",")
	if !isPartitions(list) {
		return nil, usagef("--partition %q: not a list of partitions such as 0,2 or 4-9", list)
	}
	ps, err := partitions(list, maxPartitions)
	if err != nil {
		return nil, usagef("--partition: %w", err)
	}
	return ps, nil
}

// internalTopic reads --internal-topic.
func internalTopic(word string) (inspect.Topic, error) {
	switch word {
	case "offsets":
		return inspect.ConsumerOffsets, nil
	case "share":
		return inspect.ShareGroupState, nil
	case "transaction":
		return inspect.TransactionState, nil
	}
	return 0, usagef("--internal-topic %q: have offsets, share, transaction", word)
}

// asks is what is asked for by name, of which nothing is seen yet.
func (o inspectOptions) asks(topic inspect.Topic, matchSet bool) *wantedNames {
	a := &wantedNames{scope: cluster.ScopeGroup, match: o.match, matches: matchSet}
	if topic == inspect.TransactionState {
		a.scope = cluster.ScopeTransactionalID
	}
	if o.groups != nil {
		a.groups = map[string]bool{}
	}
	for _, g := range o.groups {
		a.groups[g] = false
	}
	return a
}

func (o inspectOptions) filter(topic inspect.Topic, a *wantedNames) (inspect.Filter, error) {
	var f inspect.Filter
	var err error
	if f.Group, err = a.selects(); err != nil {
		return f, err
	}
	topics, err := parseTopics(o.topics)
	if err != nil {
		return f, err
	}
	if topics != nil {
		f.Partition = func(topic []byte, partition int32) bool {
			ps, ok := topics[string(topic)]
			return ok && (ps == nil || ps[partition])
		}
	}
	if f.Types, err = recordTypes(topic, o.types); err != nil {
		return f, err
	}
	return a.filtered(f, topics), checkTopics(f, topic)
}

// checkTopics refuses --topic where no record can be for one.
func checkTopics(f inspect.Filter, topic inspect.Topic) error {
	if f.Partition == nil {
		return nil
	}
	if topic != inspect.ConsumerOffsets {
		return usagef("--topic selects commits, of which %s has none", topic.LogName())
	}
	names := topic.Names()
	if f.Types != nil && !f.Types[names[0]] && !f.Types[names[1]] && !f.Types[inspect.MarkerName] {
		return usagef("--topic selects commits, of which --type leaves none")
	}
	return nil
}
