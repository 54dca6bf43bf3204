package cmd

import "testing"

func TestAConditionThatHoldsBeatsAFailure(t *testing.T) {
	nothing, failed, holds := verdict{}, verdict{failed: true}, verdict{holds: true}
	for _, c := range []struct {
		name  string
		found []verdict
		want  error
	}{
		{"a command that looks for nothing", nil, nil},
		{"nothing", []verdict{nothing, nothing}, nil},
		{"a failure", []verdict{failed}, exitError(1)},
		{"a failure, no condition", []verdict{failed, nothing}, exitError(1)},
		{"a failed check", []verdict{nothing, failed}, exitError(1)},
		{"a condition", []verdict{nothing, holds}, exitError(3)},
		{"a failure, then a condition", []verdict{failed, holds}, exitError(3)},
		{"a condition, then a failure", []verdict{holds, failed}, exitError(3)},
		{"both at once", []verdict{{failed: true, holds: true}}, exitError(3)},
	} {
		if got := ended(c.found...); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
