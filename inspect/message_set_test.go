package inspect

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// messageV0 and messageV1 write a message by kmsg's idea of the format.
func messageV0(dst []byte, offset int64, attributes int8, key, value []byte) []byte {
	m := kmsg.MessageV0{Offset: offset, Attributes: attributes, Key: key, Value: value}
	return sealMessage(dst, m.AppendTo(nil))
}

func messageV1(dst []byte, offset, timestamp int64, attributes int8, key, value []byte) []byte {
	m := kmsg.MessageV1{Offset: offset, Magic: 1, Attributes: attributes, Timestamp: timestamp, Key: key, Value: value}
	return sealMessage(dst, m.AppendTo(nil))
}

// sealMessage puts the length and the CRC into a message and appends it.
func sealMessage(dst, m []byte) []byte {
	binary.BigEndian.PutUint32(m[8:], uint32(len(m)-12))
	binary.BigEndian.PutUint32(m[12:], crc32.ChecksumIEEE(m[16:]))
	return append(dst, m...)
}

// brokenLZ4 has the checksum that Kafka's clients put into the header before message format 1.
func brokenLZ4(frame []byte) []byte {
	frame = bytes.Clone(frame)
	size := lz4Descriptor(frame)
	frame[4+size] = byte(xxh32Short(frame[:4+size]) >> 8)
	return frame
}

func TestMessageSetPlain(t *testing.T) {
	var b []byte
	b = messageV0(b, 5, 0, []byte("k"), []byte("v"))
	b = messageV0(b, 9, 0, nil, []byte{})
	b = messageV1(b, 10, 1000, 0, []byte{}, nil)
	b = messageV1(b, 12, 2000, 8, nil, nil) // log append time
	b = AppendBatch(b, plainBatch(20), batchRecords(20, 2))
	want := walked{Records: append([]Record{
		{Offset: 5, Timestamp: -1, Key: []byte("k"), Value: []byte("v")},
		{Offset: 9, Timestamp: -1, Value: []byte{}},
		{Offset: 10, Timestamp: 1000, Key: []byte{}},
		{Offset: 12, Timestamp: 2000},
	}, batchRecords(20, 2)...)}
	if diff := cmp.Diff(want, walkBatches(b)); diff != "" {
		t.Error(diff)
	}
}

func TestMessageHeaders(t *testing.T) {
	b := messageV1(messageV0(nil, 5, 0, nil, nil), 12, 2000, 8|2, nil, []byte("x"))
	want := []Batch{
		{BaseOffset: 5, LastOffset: 5, MaxTimestamp: -1, ProducerID: -1, ProducerEpoch: -1, BaseSequence: -1, LeaderEpoch: -1, Records: 1, Bytes: b[:26]},
		{BaseOffset: 12, LastOffset: 12, Magic: 1, Compression: Snappy, LogAppendTime: true, MaxTimestamp: 2000, ProducerID: -1, ProducerEpoch: -1, BaseSequence: -1, LeaderEpoch: -1, Records: -1, Bytes: b[26:]},
	}
	var got []Batch
	for batch, err := range Batches(b) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, batch)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMessageSetCompressed(t *testing.T) {
	absolute := messageV0(messageV0(nil, 5, 0, []byte("a"), []byte("1")), 8, 0, []byte("b"), nil) // a hole between
	relative := messageV1(messageV1(nil, 0, 100, 0, []byte("a"), []byte("1")), 3, 200, 0, []byte("b"), nil)
	for name, c := range codecs() {
		if c.codec == Zstd {
			continue // came with magic 2
		}
		b := messageV0(nil, 8, int8(c.codec), nil, c.compress(absolute))
		b = messageV1(b, 23, 200, int8(c.codec), nil, c.compress(relative))
		b = messageV1(b, 33, 900, int8(c.codec)|8, nil, c.compress(relative)) // log append time
		b = messageV1(b, 0, 200, int8(c.codec), nil, c.compress(relative))    // as some librdkafka wrote it
		want := walked{Records: []Record{
			{Offset: 5, Timestamp: -1, Key: []byte("a"), Value: []byte("1")},
			{Offset: 8, Timestamp: -1, Key: []byte("b")},
			{Offset: 20, Timestamp: 100, Key: []byte("a"), Value: []byte("1")},
			{Offset: 23, Timestamp: 200, Key: []byte("b")},
			{Offset: 30, Timestamp: 900, Key: []byte("a"), Value: []byte("1")},
			{Offset: 33, Timestamp: 900, Key: []byte("b")},
			{Offset: 0, Timestamp: 100, Key: []byte("a"), Value: []byte("1")},
			{Offset: 3, Timestamp: 200, Key: []byte("b")},
		}}
		if diff := cmp.Diff(want, walkBatches(b)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// The clients of magic 0 wrote a wrong checksum into the header of an LZ4 frame, KAFKA-3160.
func TestMessageSetOldLZ4(t *testing.T) {
	set := messageV0(messageV0(nil, 5, 0, []byte("a"), []byte("1")), 6, 0, nil, make([]byte, 1<<20))
	frame := codecs()["lz4"].compress(set)
	broken := brokenLZ4(frame)
	if bytes.Equal(frame, broken) {
		t.Fatal("the checksums do not differ")
	}
	want := walked{Records: []Record{{Offset: 5, Timestamp: -1, Key: []byte("a"), Value: []byte("1")}, {Offset: 6, Timestamp: -1, Value: make([]byte, 1<<20)}}}
	for _, value := range [][]byte{frame, broken} {
		got := walkBatches(messageV0(nil, 6, int8(LZ4), nil, value))
		if !sameRecords(want.Records, got.Records) || len(got.Errors) > 0 {
			t.Errorf("%d records: %q", len(got.Records), got.Errors)
		}
	}
	plain := AppendBatch(nil, plainBatch(0), batchRecords(0, 1))
	got := walkBatches(compressed(plain, LZ4, brokenLZ4(codecs()["lz4"].compress(plain[batchHeaderBytes:]))))
	if diff := cmp.Diff(walked{Errors: []string{"0-0: decompressing lz4: lz4: invalid header checksum: got b9; expected 56"}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestMessageSetTellsWhatIsWrong(t *testing.T) {
	gz := codecs()["gzip"].compress
	inner := messageV1(nil, 0, 100, 0, nil, []byte("v"))
	flipped := bytes.Clone(inner)
	flipped[len(flipped)-1]++
	spoil := func(at int, by byte) []byte {
		m := messageV1(nil, 7, 100, 0, []byte("key"), []byte("value"))
		m[at] += by
		return sealMessage(nil, m)
	}
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"CRC", flipped, "0-0: CRC is 1b6ad3b2, not 6c6de324 as the message says"},
		{"key too large", spoil(29, 50), "7-7: key: size 53, 12 bytes left"},
		{"value too large", spoil(36, 50), "7-7: value: size 55, 5 bytes left"},
		{"value too small", spoil(36, 0xff), "7-7: 1 bytes are left after the message's value"},
		{"key size -2", messageSpoiltKey(), "7-7: key: size -2, 12 bytes left"},
		{"negative offset", messageV1(nil, -3, 0, 0, nil, nil), "-3--3: offset -3"},
		{"zstd", messageV1(nil, 7, 0, 4, nil, []byte("x")), "7-7: unknown compression zstd of magic 1"},
		{"null in a wrapper", messageV1(nil, 7, 0, 1, nil, nil), "7-7: a compressed message without value"},
		{"nothing in a wrapper", messageV1(nil, 7, 0, 1, nil, gz(nil)), "7-7: a compressed message without messages inside"},
		{"wrapper in a wrapper", messageV1(nil, 7, 0, 1, nil, gz(messageV1(nil, 0, 0, 1, nil, gz(inner)))), "7-7: message 1 inside the compressed one: compressed once more"},
		{"batch in a wrapper", messageV1(nil, 7, 0, 1, nil, gz(AppendBatch(nil, plainBatch(7), nil))), "7-7: message 1 inside the compressed one: magic 2"},
		{"CRC in a wrapper", messageV1(nil, 7, 0, 1, nil, gz(append(inner, flipped...))), "7-7: message 2 inside the compressed one: CRC is 1b6ad3b2, not 6c6de324 as the message says"},
		{"cut in a wrapper", messageV1(nil, 7, 0, 1, nil, gz(inner[:30])), "7-7: message 1 inside the compressed one: cut inside a batch: 30 of its 35 bytes"},
		{"wrapper before its last", messageV1(nil, 7, 0, 1, nil, gz(messageV1(nil, 8, 0, 0, nil, nil))), "7-7: the last message inside has offset 8, above the compressed one's 7"},
	} {
		next := messageV0(nil, 50, 0, nil, nil)
		want := walked{Records: []Record{{Offset: 50, Timestamp: -1}}, Errors: []string{c.want}}
		if diff := cmp.Diff(want, walkBatches(append(bytes.Clone(c.b), next...))); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// messageSpoiltKey is a message whose key has the size -2.
func messageSpoiltKey() []byte {
	m := messageV1(nil, 7, 100, 0, []byte("key"), []byte("value"))
	copy(m[26:], "\xff\xff\xff\xfe")
	return sealMessage(nil, m)
}

func TestMessageSetCutAtEveryByte(t *testing.T) {
	b := messageV1(messageV0(nil, 5, 0, []byte("key"), []byte("value")), 6, 100, 0, []byte("key"), []byte("value"))
	for n := 1; n < len(b); n++ { // the first message is 34 bytes long, the second 42
		got := walkBatches(b[:n])
		if len(got.Records) != min(n/34, 1) || (len(got.Errors) == 0) != (n == 34) {
			t.Errorf("cut at %d: %v", n, got)
		}
	}
}

// FuzzMessages reads arbitrary bytes as what a compressed message holds, and as a message.
func FuzzMessages(f *testing.F) {
	inner := messageV1(messageV1(nil, 0, 100, 0, []byte("a"), []byte("1")), 3, 200, 0, []byte("b"), nil)
	for _, c := range codecs() {
		if c.codec != Zstd {
			f.Add(c.compress(inner), byte(c.codec), byte(1))
			f.Add(c.compress(messageV0(nil, 7, 0, nil, nil)), byte(c.codec), byte(0))
		}
	}
	f.Add(inner, byte(0), byte(1))
	f.Fuzz(func(t *testing.T, value []byte, attributes, magic byte) {
		b := messageV0(nil, 1000, int8(attributes), nil, value)
		if magic&1 != 0 {
			b = messageV1(nil, 1000, 5, int8(attributes), nil, value)
		}
		batch, err := NextBatch(b)
		if err != nil {
			t.Fatal(err)
		}
		eachInside(t, &Decompressor{Limit: 1 << 20}, &batch)
		if len(value) > batchMagicAt {
			for batch, err := range Batches(sealMessage(nil, bytes.Clone(value))) {
				if err == nil {
					eachInside(t, &Decompressor{Limit: 1 << 20}, &batch)
				}
			}
		}
	})
}
