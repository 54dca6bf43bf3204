package cmd

import (
	"context"
	"errors"
	"testing"
)

func TestTrafficThatFailsEndsTheFollowing(t *testing.T) {
	mine := errors.New("mine")
	s := &session{traffic: func(context.Context) error { return mine }}
	ctx, stop := s.startTraffic(t.Context())
	<-ctx.Done()
	if err := stop(); !errors.Is(err, mine) {
		t.Errorf("got %v", err)
	}
}

func TestTrafficEndsWithTheFollowing(t *testing.T) {
	s := &session{traffic: func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	}}
	if _, stop := s.startTraffic(t.Context()); stop() != nil {
		t.Error("it failed")
	}
}
