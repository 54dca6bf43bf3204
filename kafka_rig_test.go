//go:build kafka

package main_test

import (
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"
)

// maxOffsetCommit9 keeps kgo from naming topics by id alone, so that tests can commit by name.
func maxOffsetCommit9() kgo.Opt {
	v := kversion.Stable()
	v.SetMaxKeyVersion(8, 9)
	return kgo.MaxVersions(v)
}
