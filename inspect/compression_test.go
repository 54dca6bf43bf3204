package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// codecs compress as different clients do.
func codecs() map[string]struct {
	codec    Compression
	compress func([]byte) []byte
} {
	stream := func(open func(io.Writer) io.WriteCloser) func([]byte) []byte {
		return func(p []byte) []byte {
			var b bytes.Buffer
			w := open(&b)
			if _, err := w.Write(p); err != nil {
				panic(err)
			}
			if err := w.Close(); err != nil {
				panic(err)
			}
			return b.Bytes()
		}
	}
	return map[string]struct {
		codec    Compression
		compress func([]byte) []byte
	}{
		"gzip":        {Gzip, stream(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })},
		"snappy":      {Snappy, func(p []byte) []byte { return s2.EncodeSnappy(nil, p) }},
		"xerial":      {Snappy, xerialBlocks},
		"lz4":         {LZ4, stream(func(w io.Writer) io.WriteCloser { return lz4.NewWriter(w) })},
		"zstd":        {Zstd, zstdAll}, // says how large it is
		"zstd stream": {Zstd, stream(func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)); return z })},
	}
}

func zstdAll(p []byte) []byte {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	return z.EncodeAll(p, nil)
}

func xerialBlocks(p []byte) []byte {
	b := []byte(xerial + "\x00\x00\x00\x01\x00\x00\x00\x01")
	for len(p) > 0 {
		n := min(len(p), 32<<10)
		block := s2.EncodeSnappy(nil, p[:n])
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(block))), block...)
		p = p[n:]
	}
	return b
}

// compressed is the batch with its records, which it has plain, in another form.
func compressed(b []byte, codec Compression, records []byte) []byte {
	b = append(bytes.Clone(b[:batchHeaderBytes]), records...)
	b[22] |= byte(codec)
	sealBatch(b)
	return b
}

// long is of tests that reckon much in one goroutine, where the race detector finds nothing and takes ten times as long.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("long, and of one goroutine")
	}
}

// Records from a few bytes to several buffers' growth, of what compresses well and what does not.
func TestEachDecompresses(t *testing.T) {
	long(t)
	noise := make([]byte, 3<<20)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	for name, c := range codecs() {
		for _, records := range [][]Record{
			batchRecords(7, 1),
			batchRecords(7, 5000),
			{{Offset: 7, Timestamp: 1, Value: make([]byte, 8<<20)}},
			{{Offset: 7, Timestamp: 1, Value: noise}},
		} {
			plain := AppendBatch(nil, plainBatch(7), records)
			b := compressed(plain, c.codec, c.compress(plain[batchHeaderBytes:]))
			got := walkBatches(append(b, AppendBatch(nil, plainBatch(9000), batchRecords(9000, 2))...))
			want := walked{Records: append(records[:len(records):len(records)], batchRecords(9000, 2)...)}
			if !sameRecords(want.Records, got.Records) || len(got.Errors) > 0 {
				t.Errorf("%s: %d records of %d: %q", name, len(got.Records), len(records), got.Errors)
			}
		}
	}
}

// sameRecords spares cmp megabytes.
func sameRecords(a, b []Record) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := a[i], b[i]
		if x.Offset != y.Offset || x.Timestamp != y.Timestamp || !bytes.Equal(x.Key, y.Key) || !bytes.Equal(x.Value, y.Value) ||
			(x.Key == nil) != (y.Key == nil) || (x.Value == nil) != (y.Value == nil) {
			return false
		}
	}
	return true
}

func TestEachStopsAtTheLimit(t *testing.T) {
	records := []Record{{Value: make([]byte, 1<<20)}}
	plain := AppendBatch(nil, plainBatch(0), records)
	size := len(plain) - batchHeaderBytes
	for name, c := range codecs() {
		b := compressed(plain, c.codec, c.compress(plain[batchHeaderBytes:]))
		batch, err := NextBatch(b)
		if err != nil {
			t.Fatal(err)
		}
		for limit, want := range map[int]error{size: nil, size - 1: ErrTooLarge, 1: ErrTooLarge} {
			d := Decompressor{Limit: limit}
			if err := d.Each(&batch, func(Record) error { return nil }); !errors.Is(err, want) {
				t.Errorf("%s: limit %d: %v, want %v", name, limit, err, want)
			}
		}
	}
}

// A decompressor is used again after a batch that it could not read, and after larger ones.
func TestDecompressorIsUsedAgain(t *testing.T) {
	var d Decompressor
	for range 3 {
		for name, c := range codecs() {
			for _, n := range []int{1000, 3} {
				plain := AppendBatch(nil, plainBatch(0), batchRecords(0, n))
				payload := c.compress(plain[batchHeaderBytes:])
				good, _ := NextBatch(compressed(plain, c.codec, payload))
				cut, _ := NextBatch(compressed(plain, c.codec, payload[:len(payload)-5]))
				if err := d.Each(&cut, func(Record) error { return nil }); err == nil {
					t.Errorf("%s: a cut payload of %d records gave no error", name, n)
				}
				i := 0
				if err := d.Each(&good, func(Record) error { i++; return nil }); err != nil || i != n {
					t.Errorf("%s: %d records of %d: %v", name, i, n, err)
				}
			}
		}
	}
}

// What a codec says of a size must not decide about memory.
func TestDecompressDoesNotBelieveSizes(t *testing.T) {
	for name, c := range map[string]struct {
		codec   Compression
		payload string
		want    string
	}{
		"snappy of 1 GB":       {Snappy, "\x80\x94\xeb\xdc\x03\x00a", "decompressing snappy: 7 bytes cannot be 1000000000"},
		"snappy of 4 GB":       {Snappy, "\xff\xff\xff\xff\x0f\x00a", "decompressing snappy: the batch decompresses to more than the limit"},
		"xerial block of 1 GB": {Snappy, xerial + "\x00\x00\x00\x01\x00\x00\x00\x01\x3f\xff\xff\xff", "decompressing snappy: a block of 1073741823 bytes, 0 left"},
		"xerial block of -1":   {Snappy, xerial + "\x00\x00\x00\x01\x00\x00\x00\x01\xff\xff\xff\xff", "decompressing snappy: a block of -1 bytes, 0 left"},
		"zstd of 1 GB":         {Zstd, "\x28\xb5\x2f\xfd\xa0\x00\x00\x00\x3f\x01\x00\x00", "decompressing zstd: a frame of 1056964608 bytes in blocks of 0 at most"},
		"zstd, second frame":   {Zstd, string(zstdAll(make([]byte, 100))) + "\x28\xb5\x2f\xfd\xa0\x00\x00\x00\x3f\x01\x00\x00", "decompressing zstd: a frame of 1056964608 bytes in blocks of 0 at most"},
		"zstd window of 3 TB":  {Zstd, "\x28\xb5\x2f\xfd\x00\xff\x01\x00\x00", "decompressing zstd: "},
		"nothing":              {Gzip, "", "decompressing gzip: EOF"},
		"text for lz4":         {LZ4, "this is not lz4", "decompressing lz4: lz4: bad magic number"},
		"text for gzip":        {Gzip, "this is not gzip", "decompressing gzip: gzip: invalid header"},
	} {
		plain := AppendBatch(nil, plainBatch(0), batchRecords(0, 1))
		batch, err := NextBatch(compressed(plain, c.codec, []byte(c.payload)))
		if err != nil {
			t.Fatal(err)
		}
		var d Decompressor
		err = d.Each(&batch, func(Record) error { return nil })
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
		if cap(d.out) > 2<<20 {
			t.Errorf("%s: %d bytes were allocated", name, cap(d.out))
		}
	}
}

// Compaction may leave a batch without records and say that it is compressed.
func TestEmptyCompressedBatch(t *testing.T) {
	empty := AppendBatch(nil, plainBatch(7), nil)
	for name, c := range codecs() {
		for _, payload := range [][]byte{nil, c.compress(nil)} {
			if diff := cmp.Diff(walked{}, walkBatches(compressed(empty, c.codec, payload))); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

func TestXXH32Short(t *testing.T) {
	for _, c := range []struct {
		in   string
		want uint32
	}{{"", 0x02cc5d05}, {"a", 0x550d7456}, {"abc", 0x32d153ff}} { // of the reference implementation
		if got := xxh32Short([]byte(c.in)); got != c.want {
			t.Errorf("%q: %08x, want %08x", c.in, got, c.want)
		}
	}
}

func TestCompressionNames(t *testing.T) {
	if got := fmt.Sprint(None, Gzip, Snappy, LZ4, Zstd, Compression(5), Compression(-1)); got != "none gzip snappy lz4 zstd codec 5 codec -1" {
		t.Error(got)
	}
}
