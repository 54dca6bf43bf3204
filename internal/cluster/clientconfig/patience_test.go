package clientconfig

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPatience(t *testing.T) {
	const ms = time.Millisecond
	hang := func(ctx context.Context) { <-ctx.Done() }
	quick := func(context.Context) {}
	tests := []struct {
		name   string
		p      patience
		again  bool
		ask    func(context.Context) // how long each request takes
		begun  []time.Duration       // when each request began
		ended  time.Duration
		answer int // the request that has an answer; 0: none
	}{
		{"an answer at once", patience{10 * ms, 1000 * ms, 100 * ms}, true, quick, []time.Duration{0}, 0, 1},
		{"an answer to the third", patience{10 * ms, 1000 * ms, 100 * ms}, true, quick, []time.Duration{0, 100 * ms, 300 * ms}, 300 * ms, 3},
		{"no sense in asking again", patience{10 * ms, 1000 * ms, 100 * ms}, false, quick, []time.Duration{0}, 0, 0},
		{"until the window ends", patience{10 * ms, 1000 * ms, 100 * ms}, true, quick, []time.Duration{0, 100 * ms, 300 * ms, 700 * ms}, 700 * ms, 0},
		{"slow", patience{400 * ms, 1000 * ms, 100 * ms}, true, hang, []time.Duration{0, 500 * ms}, 900 * ms, 0},
		{"slower than the window", patience{400 * ms, 100 * ms, 100 * ms}, true, hang, []time.Duration{0}, 400 * ms, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var begun []time.Duration
				flt := tt.p.do(t.Context(), func(ctx context.Context) *fault {
					begun = append(begun, time.Since(start))
					tt.ask(ctx)
					if len(begun) == tt.answer {
						return nil
					}
					return &fault{again: tt.again}
				})
				if (flt == nil) != (tt.answer > 0) {
					t.Errorf("got fault %v", flt)
				}
				if diff := cmp.Diff(append(tt.begun, tt.ended), append(begun, time.Since(start))); diff != "" {
					t.Errorf("requests, and the end (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// That the time is over says less than what the provider said before.
func TestPatienceGivesLastRealFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		flt := patience{10 * time.Second, 10 * time.Second, time.Second}.do(t.Context(), func(ctx context.Context) *fault {
			if n++; n == 1 {
				return &fault{text: "500", again: true}
			}
			<-ctx.Done()
			return &fault{text: "no answer", again: true}
		})
		if flt == nil || flt.text != "500" || n != 2 {
			t.Errorf("got %+v after %d requests", flt, n)
		}
	})
}
