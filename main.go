// Command offsetctl shows, explains and moves Apache Kafka consumer-group offsets.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/offsetctl/offsetctl/cmd"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	return cmd.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}
