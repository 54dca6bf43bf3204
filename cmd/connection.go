package cmd

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// connectionFlags say which cluster, and how long to wait for it.
type connectionFlags struct {
	bootstrap string
	config    string
	timeout   timeoutValue
	verbose   bool
}

const defaultBootstrap = "localhost:9092"

func (c *connectionFlags) add(f *pflag.FlagSet) {
	c.timeout.d = 30 * time.Second
	f.StringVarP(&c.bootstrap, "bootstrap-server", "b", "", "brokers to start from, `HOST:PORT,...` (default "+defaultBootstrap+")")
	f.StringVar(&c.config, "command-config", "", "Java client.properties `FILE`: bootstrap.servers, client.id, timeouts")
	f.Var(&c.timeout, "timeout", "bound of the command as a whole, of inspect that of each answer, such as 30s or 2m; 0 for none")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "print each request on stderr")
}

// timeoutValue is a duration whose unit must be written: 30 could be seconds or, as in Kafka's tools,
// milliseconds.
type timeoutValue struct {
	d   time.Duration
	set bool
}

func (v *timeoutValue) String() string { return v.d.String() }
func (v *timeoutValue) Type() string   { return "D" }
func (v *timeoutValue) Set(s string) error {
	if s == "0" {
		v.d, v.set = 0, true
		return nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		if _, e := strconv.Atoi(s); e == nil {
			return fmt.Errorf("a unit is required: %ss or %sms", s, s)
		}
		return fmt.Errorf("not a duration such as 30s or 2m: %q", s)
	}
	if d < 0 {
		return fmt.Errorf("negative: %q", s)
	}
	v.d, v.set = d, true
	return nil
}

// dialFunc connects to the cluster that the flags name.
type dialFunc func(s *session) (*cluster.Client, time.Duration, error)

// settings are the connection's values after precedence: flag, file named by flag, environment, file
// named by the environment, default.
type settings struct {
	bootstrap []string
	origin    string // of bootstrap
	clientID  string
	request   time.Duration
	timeout   time.Duration
}

func (s *session) settings() (settings, error) {
	flagged, err := s.properties(s.conn.config)
	if err != nil {
		return settings{}, err
	}
	var named cluster.Properties
	if s.conn.config == "" { // one file only: they never merge
		if named, err = s.properties(s.env("OFFSETCTL_COMMAND_CONFIG")); err != nil {
			return settings{}, err
		}
	}
	var envTimeout timeoutValue
	if v := s.env("OFFSETCTL_TIMEOUT"); v != "" {
		if err := envTimeout.Set(v); err != nil {
			return settings{}, usagef("OFFSETCTL_TIMEOUT: %w", err)
		}
	}
	out := settings{
		clientID: cmp.Or(flagged.ClientID, named.ClientID, "offsetctl/"+version()),
		request:  cmp.Or(flagged.RequestTimeout, named.RequestTimeout),
		timeout:  s.conn.timeout.d,
	}
	switch {
	case s.conn.timeout.set:
	case flagged.Timeout > 0:
		out.timeout = flagged.Timeout
	case envTimeout.set:
		out.timeout = envTimeout.d
	case named.Timeout > 0:
		out.timeout = named.Timeout
	}
	out.bootstrap, out.origin, err = s.bootstrap(flagged, named)
	return out, err
}

// bootstrap is the first list of servers in the order of precedence, and where it comes from. One that is there and names
// nobody, as -b "$A,$B" with both unset, must not fall through to the next.
func (s *session) bootstrap(flagged, named cluster.Properties) (servers []string, origin string, err error) {
	for _, from := range []struct {
		name, origin string
		given        bool
		servers      []string
	}{
		{"--bootstrap-server", "--bootstrap-server", s.conn.bootstrap != "", cluster.SplitServers(s.conn.bootstrap)},
		{"bootstrap.servers", s.conn.config, flagged.Bootstrap != nil, flagged.Bootstrap},
		{"OFFSETCTL_BOOTSTRAP_SERVER", "OFFSETCTL_BOOTSTRAP_SERVER", s.env("OFFSETCTL_BOOTSTRAP_SERVER") != "", cluster.SplitServers(s.env("OFFSETCTL_BOOTSTRAP_SERVER"))},
		{"bootstrap.servers", s.env("OFFSETCTL_COMMAND_CONFIG"), named.Bootstrap != nil, named.Bootstrap},
	} {
		switch {
		case from.given && len(from.servers) == 0:
			return nil, "", &usageError{fmt.Errorf("%s names no server", from.name), "is it made of unset shell variables?"}
		case from.given:
			return from.servers, from.origin, nil
		}
	}
	return []string{defaultBootstrap}, "the default", nil
}

func (s *session) properties(path string) (cluster.Properties, error) {
	if path == "" {
		return cluster.Properties{}, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return cluster.Properties{}, usagef("reading the client properties: %w", err)
	}
	ps, err := cluster.ParseProperties(string(text))
	if err != nil {
		return cluster.Properties{}, usagef("%s: %w", path, err)
	}
	out, err := cluster.ReadProperties(ps)
	if err != nil {
		return cluster.Properties{}, usagef("%s: %w", path, err)
	}
	if len(out.Ignored) > 0 && s.conn.verbose {
		s.note("%s: keys without effect here: %s", path, strings.Join(out.Ignored, ", "))
	}
	return out, nil
}

func dialCluster(s *session) (*cluster.Client, time.Duration, error) {
	set, err := s.settings()
	if err != nil {
		return nil, 0, err
	}
	client, err := cluster.Dial(cluster.Config{Bootstrap: set.bootstrap, ClientID: set.clientID, RequestTimeout: set.request}, s.hooks()...)
	if err != nil {
		return nil, 0, usagef("bootstrap server: %w", err)
	}
	s.reached = fmt.Sprintf("%s, from %s", strings.Join(set.bootstrap, ","), set.origin)
	return client, set.timeout, nil
}

// run connects and calls do with a run that has the command's time; it says what do returns.
func (s *session) run(ctx context.Context, do func(context.Context, *cluster.Run) error) error {
	client, timeout, err := s.dial(s)
	if err != nil {
		return err
	}
	defer client.Close()
	return do(ctx, client.Run(cluster.In(s.now, timeout)))
}

func (s *session) hooks() []kgo.Hook {
	if !s.conn.verbose {
		return nil
	}
	return []kgo.Hook{&requestLog{w: s.err}}
}
