//go:build unix

package clientconfig

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

// What the process started ends with it. The pipe is at its end once the child that holds it is gone.
func TestCancellingEndsTheChildrenOfAProcess(t *testing.T) {
	path := fifo(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := (&awsChain{}).process(ctx, "profile", "sleep 600 >'"+path+"' & wait")
		failed <- err
	}()
	held, err := os.Open(path) // once the child has opened it, too
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	_ = held.SetReadDeadline(time.Now().Add(10 * time.Second)) // the child would be there for longer
	if _, err := io.ReadAll(held); err != nil {
		t.Errorf("the child lives on: %v", err)
	}
}
