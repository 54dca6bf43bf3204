package inspect

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unhex reads hand-written bytes: blanks and line breaks between them are for the reader.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatalf("reading %q: %v", s, err)
	}
	return b
}

func TestAppendKeyOfCommit(t *testing.T) {
	key := unhex(t, "0001 0002 6731 0003 6f7264 00000007")
	got, err := ConsumerOffsets.AppendKey(nil, key)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":1,"name":"OffsetCommit","data":{"group":"g1","topic":"ord","partition":7}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestAppendValueSaysWhereBytesEnd(t *testing.T) {
	got, err := ConsumerOffsets.AppendValue(nil, 1, unhex(t, "0003 0000000000000001 0000"))
	want := "value: leaderEpoch at byte 10: 2 bytes left, 4 needed"
	if err == nil || err.Error() != want || string(got) != `{"version":3,"data":null}` {
		t.Errorf("got %s, %v", got, err)
	}
}
