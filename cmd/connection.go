package cmd

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/pflag"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// connectionFlags say which cluster, and how long to wait for it.
type connectionFlags struct {
	bootstrap  string
	config     string
	profile    string
	properties []string // KEY=VALUE
	timeout    timeoutValue
	verbose    bool
}

func (c *connectionFlags) add(f *pflag.FlagSet) {
	c.timeout.d = defaultTimeout
	f.StringVarP(&c.bootstrap, "bootstrap-server", "b", "", "brokers to start from, `HOST:PORT,...` (default "+defaultBootstrap+")")
	f.StringVar(&c.config, "command-config", "", "Java client.properties `FILE`: servers, TLS, SASL, timeouts")
	f.StringArrayVar(&c.properties, "command-property", nil, "one `KEY=VALUE` of client.properties; repeatable, secrets as ${env:…}, ${file:…} or ${directory:…}")
	f.StringVar(&c.profile, "profile", "", "`NAME` of a client.properties file among the profiles: see config profiles")
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

// millis rounds up: what is asked for is not nothing.
func (v *timeoutValue) millis() int64 { return int64((v.d + time.Millisecond - 1) / time.Millisecond) }

// dialFunc connects to the cluster that the flags name.
type dialFunc func(s *session) (*cluster.Client, time.Duration, error)

func dialCluster(s *session) (*cluster.Client, time.Duration, error) {
	set, err := s.settings()
	if err != nil {
		return nil, 0, err
	}
	config, err := set.connection()
	if err != nil {
		return nil, 0, err
	}
	client, err := cluster.Dial(config, s.hooks()...)
	if err != nil {
		return nil, 0, usagef("bootstrap server: %w", err)
	}
	s.noteSettings(set)
	s.noteOwnCertificate(config)
	s.reached, s.server, s.user = set.told(), set.bootstrap[0], set.user(config)
	s.secured, s.subject = set.Protocol.TLS || set.Protocol.SASL, func() string { return clientconfig.Subject(config.SASL) }
	s.servers, s.file = set.origin, set.file.path
	return client, set.timeout, nil
}

// noteOwnCertificate tells of client certificates that no broker will take: all it would say is that one is bad.
func (s *session) noteOwnCertificate(config cluster.Config) {
	if config.TLS == nil {
		return
	}
	for _, c := range config.TLS.Certificates {
		s.own = cmp.Or(s.own, c.Leaf.Subject.String())
		switch {
		case s.now.After(c.Leaf.NotAfter):
			s.note("the client certificate of %q expired on %s", c.Leaf.Subject, c.Leaf.NotAfter.UTC().Format(time.RFC3339))
		case s.now.Before(c.Leaf.NotBefore):
			s.note("the client certificate of %q is not valid before %s", c.Leaf.Subject, c.Leaf.NotBefore.UTC().Format(time.RFC3339))
		}
	}
}

// user is who the brokers take this client for, unless they map names: the user of a login, or the subject of the client's
// certificate. Whose a token is they alone know.
func (set settings) user(config cluster.Config) string {
	switch {
	case set.Protocol.SASL && set.SASL.TokenAuth: // the name is that of the token
		return ""
	case set.Protocol.SASL:
		return set.SASL.Username
	case config.TLS != nil && len(config.TLS.Certificates) > 0:
		return config.TLS.Certificates[0].Leaf.Subject.String()
	}
	return "ANONYMOUS"
}

// connection reads the stores and makes ready to log in. An error is a usageError: nothing was sent.
func (set settings) connection() (cluster.Config, error) {
	config := cluster.Config{Bootstrap: set.bootstrap, ClientID: set.ClientID, RequestTimeout: set.RequestTimeout}
	var err error
	if set.Protocol.TLS {
		if config.TLS, err = set.TLS.Config(); err != nil {
			return cluster.Config{}, &usageError{err: err}
		}
	}
	if set.Protocol.SASL {
		if config.SASL, err = set.SASL.Login(time.Now); err != nil {
			return cluster.Config{}, &usageError{err: err}
		}
		config.Prepare, config.Explain = clientconfig.Preparation(config.SASL), clientconfig.Refusal
	}
	return config, nil
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
