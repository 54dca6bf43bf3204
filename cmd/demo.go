package cmd

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/demo"
)

func newDemoCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "demo [COMMAND…]",
		Short: "Try any command on an embedded cluster, with nothing to install",
		Long: `Try offsetctl on a cluster inside this process: three brokers with the topics and groups of a small
web shop, among them healthy, lagging and stopped ones, commits past the end and before the start
of their logs, and a deleted topic.

demo COMMAND runs one command on it and opens no port. demo alone serves it on ports of this
machine, with live traffic, until interrupted, and prints what to paste into the next shell. When its
stopped group email-sender is moved from there, a consumer of it starts, and demo says what it reads.` + "\n" + exitHelp,
		Example: `  offsetctl demo lag
  offsetctl demo lag orders-app -o json
  offsetctl demo reset flink-revenue --to-latest
  offsetctl demo`,
		DisableFlagParsing: true, // they belong to the command that follows
		RunE: func(c *cobra.Command, args []string) error {
			switch first := append(args, "")[0]; first {
			case "-h", "--help":
				return c.Help()
			case "demo":
				return usagef("demo takes a command, as in: offsetctl demo lag")
			}
			return s.runDemo(c.Context(), args)
		},
	}
}

// runDemo runs one command line on the embedded cluster; one without a command, be it with flags, serves the cluster.
func (s *session) runDemo(ctx context.Context, args []string) error {
	sub := *s
	sub.conn, sub.shape = connectionFlags{}, outputFlags{}
	undo, err := os.MkdirTemp("", "offsetctl-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(undo)
	sub.undoDir = undo
	var embedded *demo.Cluster
	defer func() {
		if embedded != nil {
			embedded.Close()
		}
	}()
	sub.program += " demo"
	sub.bare = sub.serveDemo
	sub.dial = func(sub *session) (*cluster.Client, time.Duration, error) {
		if err := sub.ownCluster(); err != nil {
			return nil, 0, err
		}
		sub.reached = "the demo's own brokers"
		var err error
		if embedded, err = demo.Start(ctx, demo.Options{}); err != nil {
			return nil, 0, err
		}
		client, err := cluster.Dial(cluster.Config{Bootstrap: embedded.Addrs(), ClientID: "offsetctl/" + version(), Dial: embedded.Dial}, sub.hooks()...)
		return client, sub.conn.timeout.d, err
	}
	sub.traffic = func(ctx context.Context) error { return embedded.Live(ctx) }
	err = sub.execute(ctx, args)
	s.shape.quiet = sub.shape.quiet
	return err
}

func (s *session) ownCluster() error {
	if s.conn.bootstrap != "" || s.conn.config != "" || s.conn.profile != "" || s.conn.properties != nil {
		return usagef("demo brings its own cluster: leave out --bootstrap-server, --command-config, --command-property and --profile")
	}
	return nil
}

// serveDemo serves the embedded cluster on local ports until interrupted.
func (s *session) serveDemo(ctx context.Context) error {
	if err := s.ownCluster(); err != nil {
		return err
	}
	if err := s.noFormat("demo without a command"); err != nil {
		return err
	}
	c, err := demo.Start(ctx, demo.Options{Listen: true, Told: func(text string) { s.note("%s", text) }})
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := fmt.Fprintf(s.out, "export OFFSETCTL_BOOTSTRAP_SERVER=%s\n", strings.Join(c.Addrs(), ",")); err != nil {
		return writeError(err)
	}
	s.note("serving the demo cluster: paste the line above into another shell; Ctrl-C ends it")
	return c.Live(ctx)
}
