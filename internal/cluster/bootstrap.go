package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// hedge is how long one bootstrap server has before the next is asked too.
const hedge = 250 * time.Millisecond

// Brokers asks the bootstrap servers for the cluster's nodes: one goroutine per server, started
// 250 ms apart or as soon as the one before failed, and the first answer wins. It fails only if no
// server answered; the errors are then one per server.
func (r *Run) Brokers(ctx context.Context) (Brokers, []*Error) {
	bs, _, errs := r.brokersAndCoordinators(ctx, nil)
	return bs, errs
}

// brokersAndCoordinators is Brokers and findCoordinators in the same round.
func (r *Run) brokersAndCoordinators(ctx context.Context, groups []string) (Brokers, []coordinator, []*Error) {
	if e := r.prepare(ctx); e != nil {
		return Brokers{}, nil, []*Error{e}
	}
	seeds := r.c.seeds
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan seedAnswer, len(seeds))
	failed := make(map[Broker]*Error, len(seeds))
	started := 0
	start := func() {
		b := seeds[started]
		started++
		go func() { answers <- r.askSeed(ctx, b, groups) }()
	}
	start()
	for {
		var next <-chan time.Time
		if started < len(seeds) {
			next = time.After(hedge)
		}
		select {
		case <-next:
			start()
		case a := <-answers:
			if a.err == nil {
				return r.learn(a.from, a.metadata), a.found, nil
			}
			if a.err.RefusedLogin() {
				return Brokers{}, nil, []*Error{original(a.err)} // asking the others the same could lock the account
			}
			failed[a.from] = a.err
			if len(failed) == len(seeds) {
				return Brokers{}, nil, inOrder(seeds, failed)
			}
			if started < len(seeds) {
				start()
			}
		}
	}
}

// seedAnswer is what one bootstrap server said.
type seedAnswer struct {
	from     Broker
	metadata *kmsg.MetadataResponse
	found    []coordinator
	err      *Error
}

// askSeed sends both requests of the first round on the same connection.
func (r *Run) askSeed(ctx context.Context, b Broker, groups []string) seedAnswer {
	a := seedAnswer{from: b}
	var wg sync.WaitGroup
	wg.Go(func() {
		a.found = findCoordinators(groups, func(req kmsg.Request) (*kmsg.FindCoordinatorResponse, *Error) {
			return ask[*kmsg.FindCoordinatorResponse](ctx, r, b, req)
		})
	})
	a.metadata, a.err = ask[*kmsg.MetadataResponse](ctx, r, b, metadataRequest([]string{OffsetsTopic}))
	wg.Wait()
	if a.err == nil {
		a.err = metadataError(b, a.metadata)
	}
	return a
}

// metadataError is why an answer does not describe a cluster: a broker that has just started may not
// know its peers, and no brokers would read as no groups.
func metadataError(from Broker, resp *kmsg.MetadataResponse) *Error {
	if e := kafkaError(ScopeBroker, from.Name(), resp.ErrorCode, nil); e != nil {
		return e
	}
	if len(resp.Brokers) == 0 {
		return &Error{Scope: ScopeBroker, Name: from.Name(), Code: CodeIncomplete, Message: "the broker lists no brokers: it may be starting", Retriable: true}
	}
	return nil
}

func inOrder(seeds []Broker, failed map[Broker]*Error) []*Error {
	var out []*Error
	for _, s := range seeds {
		out = append(out, failed[s])
	}
	return out
}

// Seeds are the bootstrap servers, each once, in the order given.
func (r *Run) Seeds() []Broker { return r.c.seeds }

func parseSeeds(servers []string) ([]Broker, error) {
	var out []Broker
	for _, s := range servers {
		b, err := parseSeed(s)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no bootstrap server is named")
	}
	return out, nil
}

func parseSeed(s string) (Broker, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil || host == "" {
		return Broker{}, fmt.Errorf("not HOST:PORT, such as localhost:9092: %q", s)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return Broker{}, fmt.Errorf("not HOST:PORT: %q: no such port", s)
	}
	return Broker{ID: -1, Host: host, Port: int32(n)}, nil
}
