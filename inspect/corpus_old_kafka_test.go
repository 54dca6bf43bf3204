//go:build kafka

package inspect

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestDecodesOldValuesAsDumpLog makes the corpus of value versions that brokers write with old inter-broker protocols.
// It runs with -update only: TestKafkaInspectOldFormats compares the same in every run.
func TestDecodesOldValuesAsDumpLog(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	dir := t.TempDir()
	c := kafkatest.Start(t, kafkatest.Options{Version: "3.9.2", OffsetsPartitions: 1, InterBrokerProtocol: "0.10.0", Props: []string{"log.dirs=" + dir}})
	runWriter(t, c, "ConsumerApp.java", "0.10.0", []string{"manual", "members=2"}, "commit 0 4 - why \"not\" é", "sync")
	for _, protocol := range []string{"0.10.2", "2.1-IV0"} {
		c.Upgrade(t, protocol)
		runWriter(t, c, "ConsumerApp.java", protocol, []string{"manual", "members=2"}, "commit 0 4 - why", "sync")
	}
	records := readAll(t, c, ConsumerOffsets.LogName())
	all := compare(t, ConsumerOffsets, records, dump(t, c, filepath.Join(dir, "__consumer_offsets-0", strings.Repeat("0", 20)+".log"), "--offsets-decoder"))
	kinds := map[string]bool{}
	for _, r := range all {
		kinds[r.kind] = true
	}
	if diff := cmp.Diff(wantKinds(oldValues), slices.Sorted(maps.Keys(kinds))); diff != "" {
		t.Errorf("kinds of records (-want +got)\n%s", diff)
	}
	writeCorpus(t, oldValues, c.Version, all)
}
