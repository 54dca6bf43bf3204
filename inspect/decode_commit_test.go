package inspect

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Written by hand after kafka.md §1.4, not taken from any encoder.
func TestCommitByHand(t *testing.T) {
	id := [16]byte{0: 0x11, 15: 0xff}
	tests := []struct {
		name, value, text string
		want              Commit
	}{
		{"v0", "0000 000000000000002a 0001 6d 0000000000000003",
			`{"version":0,"data":{"offset":42,"metadata":"m","commitTimestamp":3}}`,
			Commit{0, 42, -1, []byte("m"), 3, -1, [16]byte{}}},
		{"v1", "0001 000000000000002a 0000 0000000000000003 0000000000000009",
			`{"version":1,"data":{"offset":42,"metadata":"","commitTimestamp":3,"expireTimestamp":9}}`,
			Commit{1, 42, -1, []byte{}, 3, 9, [16]byte{}}},
		{"v2, offset -1", "0002 ffffffffffffffff 0000 0000000000000003",
			`{"version":2,"data":{"offset":-1,"metadata":"","commitTimestamp":3}}`,
			Commit{2, -1, -1, []byte{}, 3, -1, [16]byte{}}},
		{"v3", "0003 7fffffffffffffff 00000005 0002 c3a9 0000000000000003",
			`{"version":3,"data":{"offset":9223372036854775807,"leaderEpoch":5,"metadata":"é","commitTimestamp":3}}`,
			Commit{3, 1<<63 - 1, 5, []byte("é"), 3, -1, [16]byte{}}},
		{"v4 of a transaction, no topic id", "0004 000000000000002a ffffffff 01 0000000000000003 00",
			`{"version":4,"data":{"offset":42,"leaderEpoch":-1,"metadata":"","commitTimestamp":3}}`,
			Commit{4, 42, -1, []byte{}, 3, -1, [16]byte{}}},
		{"v4", "0004 000000000000002a 00000001 02 6d 0000000000000003 01 00 10 110000000000000000000000000000ff",
			`{"version":4,"data":{"offset":42,"leaderEpoch":1,"metadata":"m","commitTimestamp":3,"topicId":"EQAAAAAAAAAAAAAAAAAA_w"}}`,
			Commit{4, 42, 1, []byte("m"), 3, -1, id}},
	}
	for _, test := range tests {
		value := unhex(t, test.value)
		for _, keyType := range []int16{0, 1} {
			text, err := ConsumerOffsets.AppendValue(nil, keyType, value)
			if err != nil || string(text) != test.text {
				t.Errorf("%s: got %s, %v", test.name, text, err)
			}
		}
		got, ok := ParseCommit(value)
		if diff := cmp.Diff(test.want, got); !ok || diff != "" {
			t.Errorf("%s: %v\n%s", test.name, ok, diff)
		}
	}
}

func TestParseCommitRefuses(t *testing.T) {
	for name, value := range map[string]string{
		"nothing":                              "",
		"an unknown version":                   "0005 000000000000002a ffffffff 01 0000000000000003 00",
		"a negative version":                   "ff04 000000000000002a ffffffff 01 0000000000000003 00",
		"null metadata":                        "0003 000000000000002a ffffffff ffff 0000000000000003",
		"null metadata, v4":                    "0004 000000000000002a ffffffff 00 0000000000000003 00",
		"metadata that is no text":             "0003 000000000000002a ffffffff 0001 ff 0000000000000003",
		"a topic id of zero":                   "0004 000000000000002a ffffffff 01 0000000000000003 01 00 10 00000000000000000000000000000000",
		"a length of two bytes that needs one": "0004 000000000000002a ffffffff 8100 0000000000000003 00",
	} {
		if c, ok := ParseCommit(unhex(t, value)); ok {
			t.Errorf("%s: got %+v", name, c)
		}
		if _, err := ConsumerOffsets.AppendValue(nil, 1, unhex(t, value)); err == nil {
			t.Errorf("%s: the table takes it", name)
		}
	}
}

// The fast path and the table agree: whatever the first takes, the second takes and reads the same.
func FuzzCommitAgrees(f *testing.F) {
	for _, s := range samples(f) {
		if s.topic == ConsumerOffsets && s.keyType() < 2 {
			f.Add(s.value)
		}
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		got, ok := ParseCommit(value)
		if value == nil {
			value = []byte{}
		}
		text, err := ConsumerOffsets.AppendValue(nil, 1, value)
		if !ok {
			wantOddCommit(t, text, err)
			return
		}
		if diff := cmp.Diff(commitOf(t, text), got); err != nil || diff != "" {
			t.Fatalf("%x: %s, %v\n%s", value, text, err, diff)
		}
	})
}

type commitText struct {
	Version int16
	Data    *struct {
		Offset              int64
		LeaderEpoch         *int32
		Metadata            string
		CommitTimestamp     int64
		ExpireTimestamp     *int64
		TopicID             string
		UnknownTaggedFields map[string]string
	}
}

// A commit's key and value read the same off the bytes as by the table.
func FuzzCommitJSON(f *testing.F) {
	for _, s := range samples(f) {
		if s.topic == ConsumerOffsets && s.keyType() < 2 {
			f.Add(s.key, s.value)
		}
	}
	f.Fuzz(func(t *testing.T, key, value []byte) {
		if k, ok := parseCommitKey(key); ok {
			want, err := ConsumerOffsets.AppendKey(nil, key)
			if got := k.appendCommitJSON(nil); err != nil || string(got) != string(want) {
				t.Fatalf("key %x: %s, by the table %s, %v", key, got, want, err)
			}
		}
		if c, ok := ParseCommit(value); ok {
			want, err := ConsumerOffsets.AppendValue(nil, 1, value)
			if got := c.appendJSON(nil); err != nil || string(got) != string(want) {
				t.Fatalf("value %x: %s, by the table %s, %v", value, got, want, err)
			}
		}
	})
}

// wantOddCommit holds that the fast path leaves to the table only errors, unknown tagged fields and
// metadata beyond what brokers take by default.
func wantOddCommit(t *testing.T, text []byte, err error) {
	t.Helper()
	var c commitText
	if jsonErr := json.Unmarshal(text, &c); jsonErr != nil {
		t.Fatal(jsonErr)
	}
	if err == nil && c.Data.UnknownTaggedFields == nil && len(c.Data.Metadata) < 1<<14-1 {
		t.Fatalf("the fast path refused %s", text)
	}
}

func commitOf(t *testing.T, text []byte) Commit {
	t.Helper()
	var read commitText
	if err := json.Unmarshal(text, &read); err != nil || read.Data == nil {
		t.Fatalf("%s: %v", text, err)
	}
	d := read.Data
	c := Commit{Version: read.Version, Offset: d.Offset, LeaderEpoch: -1, Metadata: []byte(d.Metadata), CommitTimestamp: d.CommitTimestamp, ExpireTimestamp: -1}
	if d.LeaderEpoch != nil {
		c.LeaderEpoch = *d.LeaderEpoch
	}
	if d.ExpireTimestamp != nil {
		c.ExpireTimestamp = *d.ExpireTimestamp
	}
	id, err := base64.RawURLEncoding.DecodeString(d.TopicID)
	if err != nil {
		t.Fatal(err)
	}
	copy(c.TopicID[:], id)
	return c
}

func BenchmarkAppendCommit(b *testing.B) {
	key := append(append([]byte{0, 1, 0, 10}, "orders-app"...), append([]byte{0, 6}, "orders\x00\x00\x00\x07"...)...)
	value := unhex(b, "0004 000000000000c5b2 00000003 01 0000019aa1b2c3d4 01 00 10 0102030405060708090a0b0c0d0e0f10")
	dst := make([]byte, 0, 1024)
	b.SetBytes(int64(len(key) + len(value)))
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = ConsumerOffsets.AppendKey(dst[:0], key)
		dst, _ = ConsumerOffsets.AppendValue(dst, 1, value)
	}
}

func BenchmarkParseCommit(b *testing.B) {
	value := unhex(b, "0004 000000000000c5b2 00000003 01 0000019aa1b2c3d4 01 00 10 0102030405060708090a0b0c0d0e0f10")
	b.ReportAllocs()
	for b.Loop() {
		ParseCommit(value)
	}
}
