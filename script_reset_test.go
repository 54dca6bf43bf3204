package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// moments are what is to happen at requests to come. offsetctl waits meanwhile: nothing depends on who is faster.
type moments struct {
	mu     sync.Mutex
	due    map[string]bool // that have not come
	failed error
}

// over checks that all came and went well: a script whose fault never happened tests something else.
func (m *moments) over() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for what := range m.due {
		return fmt.Errorf("it never came to: when %s", what)
	}
	return m.failed
}

func (m *moments) expect(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.due == nil {
		m.due = map[string]bool{}
	}
	m.due[what] = true
}

func (m *moments) came(what string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.due, what)
	m.failed = errors.Join(m.failed, err)
}

// when has something done at the next request of a kind, or the Nth, and then has it answered, if that is not what is
// done to it. No other such request of the script may come in between.
func (f *fixture) when(ts *testscript.TestScript, args []string) error {
	what := strings.Join(args, " ")
	key, err := requestKey(args[0])
	if err != nil {
		return err
	}
	left, err := number(args[1])
	if err != nil {
		left = 1
	} else {
		args = args[1:]
	}
	do, err := f.deed(ts, args[1:])
	if err != nil {
		return err
	}
	f.moments.expect(what)
	f.fake.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
		if left--; left != 0 {
			return nil, nil, false
		}
		f.fake.DropControl()
		f.moments.came(what, nil) // what is held comes to its end much later
		handled, err := do(req)
		f.moments.came(what, err)
		if handled == hangUp {
			return nil, net.ErrClosed, true
		}
		return nil, nil, handled == silence
	})
	return nil
}

// outcome is how the request of a moment is answered.
type outcome int

const (
	answer outcome = iota
	silence
	hangUp
)

// deed is what is done at a moment.
func (f *fixture) deed(ts *testscript.TestScript, args []string) (func(kmsg.Request) (outcome, error), error) {
	switch args[0] {
	case "mute":
		return func(kmsg.Request) (outcome, error) { f.tell(); return silence, nil }, nil
	case "cut":
		return func(kmsg.Request) (outcome, error) { return hangUp, nil }, nil
	case "lose":
		return f.lose, nil
	case "hold":
		f.released = make(chan struct{})
		return f.hold, nil
	case "remove":
		return func(kmsg.Request) (outcome, error) { return answer, os.RemoveAll(ts.MkAbs(args[1])) }, nil
	}
	v, ok := verbs()[args[0]]
	if !ok || len(args) <= v.least {
		return nil, fmt.Errorf("no such thing to do: %q", args)
	}
	return func(kmsg.Request) (_ outcome, err error) {
		do := func() { err = v.do(f, ts, args[1:]) }
		if args[0] == "fault" { // asks the cluster for nothing; and kfake has a race where one request sleeps twice
			do()
		} else {
			f.fake.SleepControl(do) // else the cluster would stand still
		}
		return answer, err
	}, nil
}

// lose has the request carried out, on a connection of our own, and the answer lost.
func (f *fixture) lose(req kmsg.Request) (_ outcome, err error) {
	node := f.fake.CurrentNode()
	f.fake.SleepControl(func() {
		var client *kgo.Client
		if client, err = f.newClient(kgo.SeedBrokers(f.nodes[node].Addr().String())); err == nil {
			defer client.Close()
			_, err = client.SeedBrokers()[0].Request(f.ctx, req)
		}
	})
	return hangUp, err
}

// hold has the request wait until it is released.
func (f *fixture) hold(kmsg.Request) (_ outcome, err error) {
	f.tell()
	f.fake.SleepControl(func() {
		select {
		case <-f.released:
		case <-f.ctx.Done():
			err = f.ctx.Err()
		}
	})
	return answer, err
}

func (f *fixture) release(*testscript.TestScript, []string) error {
	close(f.released)
	return nil
}

// share puts the start offset of a share group, which makes the group.
func (f *fixture) share(_ *testscript.TestScript, args []string) error {
	topic, p, offset, err := position(args)
	if err != nil {
		return err
	}
	rp := kmsg.NewAlterShareGroupOffsetsRequestTopicPartition()
	rp.Partition, rp.StartOffset = p, offset
	rt := kmsg.NewAlterShareGroupOffsetsRequestTopic()
	rt.Topic, rt.Partitions = topic, append(rt.Partitions, rp)
	req := kmsg.NewPtrAlterShareGroupOffsetsRequest()
	req.GroupID, req.Topics = args[0], append(req.Topics, rt)
	resp, err := req.RequestWith(f.ctx, f.client)
	if err != nil {
		return err
	}
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return err
	}
	return kerr.ErrorForCode(resp.Topics[0].Partitions[0].ErrorCode)
}

// kill ends what was started, without a chance for it to clean up.
func (f *fixture) kill(*testscript.TestScript, []string) error {
	if f.process == nil {
		return errors.New("nothing was started")
	}
	f.process.kill()
	f.process = nil
	return f.moments.over()
}

// commits compares all that is committed for a group, read without offsetctl, with TOPIC:P=OFFSET, then @EPOCH if it has
// one, then a space and the metadata if it has any.
func (f *fixture) commits(_ *testscript.TestScript, args []string) error {
	got, err := f.committed(args[0])
	if err != nil {
		return err
	}
	if diff := cmp.Diff(append([]string{}, args[1:]...), got); diff != "" {
		return fmt.Errorf("commits of %s (-want +got):\n%s", args[0], diff)
	}
	return nil
}

// await waits until that is committed.
func (f *fixture) await(ts *testscript.TestScript, args []string) error {
	for {
		err := f.commits(ts, args)
		if err == nil || f.ctx.Err() != nil {
			return err
		}
	}
}

func (f *fixture) committed(group string) ([]string, error) {
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = group
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Groups = append(req.Groups, g)
	coordinator := f.client.Broker(int(f.fake.CoordinatorFor(group))) // and no other, which may be mute
	resp, err := req.RequestWith(f.ctx, coordinator)
	if err != nil {
		return nil, err
	}
	got := []string{}
	for _, t := range resp.Groups[0].Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return nil, err
			}
			got = append(got, committedText(t.Topic, &p))
		}
	}
	slices.Sort(got)
	if err := kerr.ErrorForCode(resp.Groups[0].ErrorCode); !errors.Is(err, kerr.GroupIDNotFound) { // which has none
		return got, err
	}
	return got, nil
}

func committedText(topic string, p *kmsg.OffsetFetchResponseGroupTopicPartition) string {
	s := fmt.Sprintf("%s:%d=%d", topic, p.Partition, p.Offset)
	if p.LeaderEpoch >= 0 {
		s += fmt.Sprintf("@%d", p.LeaderEpoch)
	}
	if p.Metadata != nil && *p.Metadata != "" {
		s += " " + *p.Metadata
	}
	return s
}

// undos counts what is in the folder of undo files, hidden files too, and sets $UNDO to the ID of the one that the script
// has not counted before.
func (f *fixture) undos(ts *testscript.TestScript, args []string) error {
	files, err := os.ReadDir(filepath.Join(ts.Getenv("XDG_STATE_HOME"), "offsetctl", "undo"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	var names []string
	for _, file := range files {
		names = append(names, file.Name())
		if !slices.Contains(f.undoFiles, file.Name()) {
			ts.Setenv("UNDO", strings.TrimSuffix(file.Name(), ".json"))
		}
	}
	f.undoFiles = names
	if got := fmt.Sprint(len(names)); got != args[0] {
		return fmt.Errorf("%s undo files, want %s: %q", got, args[0], names)
	}
	return nil
}
