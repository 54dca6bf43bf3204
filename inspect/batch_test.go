package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// plainBatch is what a coordinator writes outside of transactions.
func plainBatch(base int64) Batch {
	return Batch{BaseOffset: base, ProducerID: -1, ProducerEpoch: -1, BaseSequence: -1, LeaderEpoch: 3}
}

// batchRecords are n records of different shapes, from that offset on.
func batchRecords(base int64, n int) []Record {
	records := make([]Record, n)
	for i := range records {
		records[i] = Record{Offset: base + int64(i), Timestamp: 1_700_000_000_000 + int64(i), Key: fmt.Appendf(nil, "key-%d", i), Value: fmt.Appendf(nil, "value-%d", i)}
		switch i % 4 {
		case 1:
			records[i].Value = nil
		case 2:
			records[i].Key = nil
		case 3:
			records[i].Key, records[i].Value = []byte{}, []byte{}
		}
	}
	return records
}

// walked is what a walk over bytes gave: the records and, as text, what was wrong with which batch.
type walked struct {
	Records []Record
	Errors  []string
}

func walkBatches(b []byte) walked {
	var w walked
	var d Decompressor
	for batch, err := range Batches(b) {
		if err == nil {
			err = d.Each(&batch, func(r Record) error {
				r.Key, r.Value = cloneBytes(r.Key), cloneBytes(r.Value)
				w.Records = append(w.Records, r)
				return nil
			})
		}
		if err != nil {
			w.Errors = append(w.Errors, fmt.Sprintf("%d-%d: %v", batch.BaseOffset, batch.LastOffset, err))
		}
	}
	return w
}

// cloneBytes keeps the difference between null and empty.
func cloneBytes(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}

func TestNextBatchReadsEveryField(t *testing.T) {
	want := Batch{
		BaseOffset: 1 << 40, LastOffset: 1<<40 + 9, Magic: 2, Compression: None, Control: true, Transactional: true, LogAppendTime: true,
		MaxTimestamp: 1_700_000_000_123, ProducerID: 4001, ProducerEpoch: 7, BaseSequence: 77, LeaderEpoch: 12, Records: 1,
	}
	b := AppendBatch(nil, want, []Record{Marker{Commit: true, CoordinatorEpoch: 5}.Record(1<<40+2, 1_700_000_000_000)})
	want.Bytes = b
	got, err := NextBatch(append(b[:len(b):len(b)], "the next one"...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(walked{Records: []Record{{Offset: 1<<40 + 2, Timestamp: 1_700_000_000_123, Key: []byte{0, 0, 0, 1}, Value: []byte{0, 0, 0, 0, 0, 5}}}}, walkBatches(b)); diff != "" {
		t.Error(diff)
	}
}

func TestEachGivesWhatWasAppended(t *testing.T) {
	var b []byte
	var want walked
	for base := int64(0); base < 100; base += 20 {
		records := batchRecords(base, 15) // and a hole of five
		b = AppendBatch(b, plainBatch(base), records)
		want.Records = append(want.Records, records...)
	}
	if diff := cmp.Diff(want, walkBatches(b)); diff != "" {
		t.Error(diff)
	}
}

// Compaction leaves the header of a batch and its range.
func TestEmptyBatchKeepsItsRange(t *testing.T) {
	empty := plainBatch(100)
	empty.LastOffset = 149
	b := AppendBatch(nil, empty, nil)
	batch, err := NextBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	if batch.BaseOffset != 100 || batch.LastOffset != 149 || batch.Records != 0 {
		t.Errorf("got %d to %d, %d records", batch.BaseOffset, batch.LastOffset, batch.Records)
	}
	if diff := cmp.Diff(walked{}, walkBatches(b)); diff != "" {
		t.Error(diff)
	}
}

func TestLargeBatch(t *testing.T) {
	record := Record{Offset: 5, Timestamp: 1, Key: []byte("k"), Value: make([]byte, 8<<20)}
	got := walkBatches(AppendBatch(nil, plainBatch(5), []Record{record}))
	if len(got.Records) != 1 || !bytes.Equal(record.Value, got.Records[0].Value) { // cmp takes seconds for it
		t.Errorf("8 MB did not come back: %q", got.Errors)
	}
}

func TestNextBatchCutAtEveryByte(t *testing.T) {
	b := AppendBatch(nil, plainBatch(7), batchRecords(7, 3))
	for n := range b {
		_, err := NextBatch(b[:n])
		want := &cutError{Have: n, Need: len(b)}
		if n < 12 {
			want.Need = 0
		}
		var got *cutError
		if !errors.Is(err, ErrCut) || !errors.As(err, &got) {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d bytes: %s", n, diff)
		}
	}
}

func TestNextBatchRefusesWhatIsNoBatch(t *testing.T) {
	good := AppendBatch(nil, plainBatch(7), batchRecords(7, 3))
	length := func(n int32) func([]byte) {
		return func(b []byte) { binary.BigEndian.PutUint32(b[8:], uint32(n)) }
	}
	for name, spoil := range map[string]func([]byte){
		"length 0":          length(0),
		"length negative":   length(-1),
		"length of minimum": length(math.MinInt32),
		"length of maximum": length(math.MaxInt32),
		"length 48":         length(48), // one less than a header
		"magic 3":           func(b []byte) { b[16] = 3 },
		"magic negative":    func(b []byte) { b[16] = 0xff },
		"text":              func(b []byte) { copy(b, strings.Repeat("2026-01-01 INFO ", 8)) },
		"zeros":             func(b []byte) { clear(b) },
	} {
		b := append([]byte{}, good...)
		spoil(b)
		if batch, err := NextBatch(b); !errors.Is(err, ErrNotBatch) {
			t.Errorf("%s: got %v, %v", name, batch, err)
		}
	}
}

// A flipped bit costs its batch at most, wherever the CRC covers it: the others come whole.
func TestFlippedBitsCostOneBatch(t *testing.T) {
	first, third := batchRecords(0, 4), batchRecords(20, 4)
	b := AppendBatch(nil, plainBatch(0), first)
	start := len(b)
	b = AppendBatch(b, plainBatch(10), batchRecords(10, 4))
	end := len(b)
	b = AppendBatch(b, plainBatch(20), third)
	want := append(append([]Record{}, first...), third...)
	for at := start + 17; at < end; at++ {
		for bit := range 8 {
			b[at] ^= 1 << bit
			got := walkBatches(b)
			b[at] ^= 1 << bit
			if diff := cmp.Diff(want, got.Records); diff != "" {
				t.Fatalf("byte %d bit %d: %s", at, bit, diff)
			}
			if len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0], "10-") || !strings.Contains(got.Errors[0], "CRC") {
				t.Fatalf("byte %d bit %d: %q", at, bit, got.Errors)
			}
		}
	}
}

// Batches with a CRC that holds and contents that do not: by whoever wrote them.
func TestEachTellsWhatIsWrong(t *testing.T) {
	one := []Record{{Offset: 7, Timestamp: 1, Key: []byte("key"), Value: []byte("value")}}
	const record = 61 // the size of the record follows, its attributes, timestamp delta, offset delta, key size, key…
	for _, c := range []struct {
		name  string
		spoil func([]byte)
		want  string
	}{
		{"more records than bytes", func(b []byte) { b[60] = 200 }, "7-7: 200 records do not fit into 15 bytes"},
		{"two records for one", func(b []byte) { b[60] = 2 }, "7-7: record 2 of 2: size 0, 0 bytes left"},
		{"no record for one", func(b []byte) { b[60] = 0 }, "7-7: 15 bytes are left after 0 records"},
		{"negative count", func(b []byte) { b[57] = 0xff }, "7-7: record count -16777215"},
		{"size too large", func(b []byte) { b[record]++; b[record]++ }, "7-7: record 1 of 1: size 15, 14 bytes left"},
		{"size negative", func(b []byte) { b[record] = 1 }, "7-7: record 1 of 1: size -1, 14 bytes left"},
		{"size too small", func(b []byte) { b[record] -= 2 }, "7-7: record 1 of 1: headers: a varint that does not end"},
		{"varint without end", func(b []byte) { copy(b[record+2:], "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") }, "7-7: record 1 of 1: a varint that does not end"},
		{"offset delta beyond the batch", func(b []byte) { b[record+3] = 2 }, "7-7: record 1 of 1: offset delta 1 is not within the batch's 0"},
		{"offset delta negative", func(b []byte) { b[record+3] = 1 }, "7-7: record 1 of 1: offset delta -1 is not within the batch's 0"},
		{"key too large", func(b []byte) { b[record+4] = 40 }, "7-7: record 1 of 1: key: size 20, 10 bytes left"},
		{"key size -2", func(b []byte) { b[record+4] = 3 }, "7-7: record 1 of 1: key: size -2, 10 bytes left"},
		{"value too large", func(b []byte) { b[record+8] = 40 }, "7-7: record 1 of 1: value: size 20, 6 bytes left"},
		{"headers missing", func(b []byte) { b[record+8] = 12 }, "7-7: record 1 of 1: headers: a varint that does not end"},
		{"headers too many", func(b []byte) { b[record+14] = 40 }, "7-7: record 1 of 1: headers: 20 of them in 0 bytes"},
		{"last offset delta negative", func(b []byte) { b[23] = 0x80 }, "7-7: no offsets from 7 on with a last offset delta of -2147483648"},
		{"base offset negative", func(b []byte) { b[0] = 0x80 }, "-9223372036854775801--9223372036854775801: no offsets from -9223372036854775801 on with a last offset delta of 0"},
		{"compression 7", func(b []byte) { b[22] = 7 }, "7-7: unknown compression codec 7 of magic 2"},
	} {
		b := AppendBatch(nil, plainBatch(7), one)
		c.spoil(b)
		sealBatch(b)
		next := batchRecords(20, 2)
		want := walked{Records: next, Errors: []string{c.want}}
		if c.name == "two records for one" { // the first is whole
			want.Records = append(append([]Record{}, one...), next...)
		}
		if diff := cmp.Diff(want, walkBatches(AppendBatch(b, plainBatch(20), next))); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestEachSkipsHeaders(t *testing.T) {
	for _, c := range []struct {
		headers, want string
	}{
		{"\x04\x02a\x02b\x00\x01", ""}, // "a": "b" and "": null
		{"\x02\x02a\x02b\x00", "headers: bytes are left after the record's last header"},
		{"\x02\x01\x02b", "headers: a null key"},
		{"\x02\x02a\x0ab", "headers: size 5, 1 bytes left"},
		{"\x01", "headers: -1 of them in 0 bytes"},
	} {
		record := append(appendRecord(nil, Record{Offset: 7, Value: []byte("v")}, 7, 0), c.headers...)
		record = append(record[:len(record)-len(c.headers)-1], c.headers...)
		frame := recordFrame{offset: 7}
		got, err := frame.read(record)
		if c.want != "" {
			if err == nil || err.Error() != c.want {
				t.Errorf("%q: got %v, want %s", c.headers, err, c.want)
			}
			continue
		}
		if diff := cmp.Diff(Record{Offset: 7, Value: []byte("v")}, got); diff != "" || err != nil {
			t.Errorf("%q: %v %s", c.headers, err, diff)
		}
	}
}

func TestEachStopsWithTheCallersError(t *testing.T) {
	stop := errors.New("enough")
	batch, _ := NextBatch(AppendBatch(nil, plainBatch(0), batchRecords(0, 5)))
	n := 0
	err := new(Decompressor).Each(&batch, func(Record) error {
		if n++; n == 2 {
			return stop
		}
		return nil
	})
	if !cmp.Equal(stop, err, cmpopts.EquateErrors()) || n != 2 {
		t.Errorf("got %v after %d records", err, n)
	}
}

func TestParseMarker(t *testing.T) {
	for _, c := range []struct {
		key, value string
		want       Marker
		err        string
	}{
		{key: "\x00\x00\x00\x00", value: "\x00\x00\x00\x00\x00\x05", want: Marker{CoordinatorEpoch: 5}},
		{key: "\x00\x00\x00\x01", value: "\x00\x00\x00\x00\x00\x00", want: Marker{Commit: true}},
		{key: "\x00\x01\x00\x01and", value: "\x00\x01\xff\xff\xff\xffmore", want: Marker{Commit: true, CoordinatorEpoch: -1}},
		{key: "\x00\x00\x00\x02", value: "\x00\x00", err: "control record of type 2: not a transaction marker"},
		{key: "\x00\x00\x00", err: "control record: 3 bytes of key, 4 needed"},
		{key: "\xff\xff\x00\x00", err: "control record: key version -1"},
		{key: "\x00\x00\x00\x01", value: "\x00\x00\x00\x00\x00", err: "transaction marker: 5 bytes of value, 6 needed"},
		{key: "\x00\x00\x00\x01", value: "\xff\xff\x00\x00\x00\x00", err: "transaction marker: value version -1"},
	} {
		got, err := parseMarker([]byte(c.key), []byte(c.value))
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != c.err || got != c.want {
			t.Errorf("%q %q: got %v, %v", c.key, c.value, got, err)
		}
		if err == nil && c.key[1] == 0 {
			if r := got.Record(3, 4); string(r.Key) != c.key || string(r.Value) != c.value {
				t.Errorf("%v was written as %q %q", got, r.Key, r.Value)
			}
		}
	}
	if _, err := parseMarker([]byte{0, 0, 0, 9}, nil); !errors.Is(err, errNotMarker) {
		t.Errorf("type 9: %v", err)
	}
}
