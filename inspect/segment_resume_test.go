package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// variedSegment is a segment of n batches of sizes from 61 bytes to some hundred, some of them with holes in their
// offsets as compaction leaves them.
func variedSegment(n int) (segment []byte, starts []int) {
	offset := int64(0)
	for i := range n {
		starts = append(starts, len(segment))
		records := batchRecords(offset, i%7)
		segment = AppendBatch(segment, plainBatch(offset), records)
		offset += int64(max(len(records), 1) + i%3)
	}
	return segment, append(starts, len(segment))
}

func withLength(segment []byte, at int, length int32) []byte {
	b := bytes.Clone(segment)
	binary.BigEndian.PutUint32(b[at+8:], uint32(length))
	return b
}

// wantGap checks that all was read but one stretch, whatever the size of chunks.
func wantGap(t *testing.T, name string, file []byte, from, to int, end error) {
	t.Helper()
	for _, size := range []int{1, 200, 1 << 20} {
		all, gaps, err := readDamaged(t, newSegmentReader(bytes.NewReader(file), size))
		if !errors.Is(err, end) {
			t.Fatalf("%s, chunks of %d: ended with %v", name, size, err)
		}
		if len(gaps) != 1 || gaps[0].Position != int64(from) || gaps[0].Resumed != int64(to) || !errors.Is(&gaps[0], ErrNotBatch) {
			t.Fatalf("%s, chunks of %d: not read %+v, want %d to %d", name, size, gaps, from, to)
		}
		if want := slices.Concat(file[:from], file[to:]); !bytes.Equal(all, want) {
			t.Fatalf("%s, chunks of %d: %d bytes were read, want %d", name, size, len(all), len(want))
		}
	}
}

// Whichever batch has a wrong length, whatever that is, all others come.
func TestSegmentReaderGoesOnBehindAWrongLength(t *testing.T) {
	long(t)
	segment, starts := variedSegment(18)
	for i := range len(starts) - 2 {
		from, to := starts[i], starts[i+1]
		length := to - from - batchOverhead
		wrong := map[string]int32{"zero": 0, "negative": -1, "very negative": -1 << 31, "largest": 1<<31 - 1, "no room for a header": 20, "header": 49}
		for bit := range 32 {
			wrong[fmt.Sprintf("bit %d", bit)] = int32(length ^ 1<<bit)
		}
		for k := i + 2; k < len(starts); k++ { // it ends where another batch does
			wrong[fmt.Sprintf("up to batch %d", k)] = int32(starts[k] - from - batchOverhead)
		}
		for name, wrongly := range wrong {
			if int(wrongly) != length {
				wantGap(t, fmt.Sprintf("batch %d, %s", i, name), withLength(segment, from, wrongly), from, to, io.EOF)
			}
		}
	}
}

func TestSegmentReaderGoesOnBehindGarbage(t *testing.T) {
	segment, starts := variedSegment(12)
	random := make([]byte, 3000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	for name, garbage := range map[string][]byte{
		"a byte": {7}, "zeros": make([]byte, 500), "text": []byte(strings.Repeat("garbage ", 99)), "random": random,
		"a header that wants much": append(bytes.Clone(withLength(segment, 0, 1<<29)[:61]), random...),
		"earlier batches":          append([]byte{1}, segment[:starts[1]]...), // of which the offsets go back
	} {
		for i := 1; i < len(starts)-1; i++ {
			at := starts[i]
			wantGap(t, fmt.Sprintf("%s before batch %d", name, i), slices.Concat(segment[:at], garbage, segment[at:]), at, at+len(garbage), io.EOF)
		}
	}
}

// A batch that is damaged but as long as it says is no gap: its row comes of its CRC.
func TestSegmentReaderKeepsADamagedBatchOfTheRightLength(t *testing.T) {
	segment, starts := variedSegment(12)
	for i := range len(starts) - 1 {
		damaged := bytes.Clone(segment)
		damaged[starts[i]+21] ^= 0x80
		for name, tail := range map[string][]byte{"": nil, "zeros": make([]byte, 99), "cut": AppendBatch(nil, plainBatch(1000), nil)[:50]} {
			all, gaps, err := readDamaged(t, newSegmentReader(bytes.NewReader(append(bytes.Clone(damaged), tail...)), 200))
			if !bytes.Equal(all, damaged) || len(gaps) > 0 || (err == io.EOF) != (name != "cut") {
				t.Errorf("batch %d %s: %d bytes, not read %v, ended with %v", i, name, len(all), gaps, err)
			}
		}
	}
}

func TestSegmentReaderGoesOnBehindSeveralDamages(t *testing.T) {
	segment, starts := variedSegment(200)
	damaged := bytes.Clone(segment)
	var want []byte
	for i := range len(starts) - 1 {
		if i%5 == 2 && i < len(starts)-2 {
			damaged[starts[i]+8+i%4] ^= byte(1 << (i % 8))
			continue
		}
		want = append(want, segment[starts[i]:starts[i+1]]...)
	}
	all, gaps, err := readDamaged(t, newSegmentReader(bytes.NewReader(damaged), 1000))
	if !bytes.Equal(all, want) || len(gaps) != 40 || err != io.EOF {
		t.Errorf("%d bytes of %d, %d gaps, %v", len(all), len(want), len(gaps), err)
	}
}

// Messages of before Kafka 0.11 are found too.
func TestSegmentReaderGoesOnBehindDamagedMessages(t *testing.T) {
	for name, message := range map[string]func([]byte, int64) []byte{
		"magic 0": func(b []byte, offset int64) []byte { return messageV0(b, offset, 0, []byte("key"), make([]byte, 40)) },
		"magic 1": func(b []byte, offset int64) []byte {
			return messageV1(b, offset, testTime, 0, []byte("key"), make([]byte, 40))
		},
	} {
		var file []byte
		var starts []int
		for i := range int64(5) {
			starts = append(starts, len(file))
			file = message(file, i)
		}
		wantGap(t, name, withLength(file, starts[2], 5000), starts[2], starts[3], io.EOF)
		wantGap(t, name+", first", withLength(file, 0, 0), 0, starts[1], io.EOF)
	}
}

// The next batch may begin beyond the chunk that is held, and end beyond the one after that.
func TestSegmentReaderGoesOnBeyondItsChunk(t *testing.T) {
	segment, starts := variedSegment(5)
	large := AppendBatch(nil, plainBatch(1000), []Record{{Offset: 1000, Value: make([]byte, 3<<20)}})
	garbage := bytes.Repeat([]byte("garbage "), 1<<19)
	file := slices.Concat(segment, garbage, large)
	wantGap(t, "garbage", file, len(segment), len(segment)+len(garbage), io.EOF)
	file = withLength(slices.Concat(segment, large), starts[4], 2<<20)
	wantGap(t, "length", file, starts[4], starts[5], io.EOF)
}

// Wherever what was read so far ends, the next batch may begin just before.
func TestSegmentReaderFindsABatchAcrossWhatItReads(t *testing.T) {
	long(t)
	segment, starts := variedSegment(4)
	at := starts[2]
	for n := searchReadLess - 300; n < searchReadLess+300; n++ {
		garbage := bytes.Repeat([]byte{7}, n)
		wantGap(t, fmt.Sprintf("%d bytes", n), slices.Concat(segment[:at], garbage, segment[at:]), at, at+n, io.EOF)
	}
}

func TestSegmentErrorSaysWhatIsNotRead(t *testing.T) {
	segment, starts := testSegment(4) // offsets 0, 10, 20 and 21, 30 to 32
	for _, c := range []struct {
		file []byte
		want string
	}{
		{withLength(segment, starts[1], 0), "at byte 61, after offset 0: not a record batch: length 0; 80 bytes are not read, in the place of offsets 1 to 19"},
		{withLength(segment, 0, 1000), "at byte 0, before any batch: not a record batch: its length is wrong, since whole batches follow; 61 bytes are not read, before offset 10"},
		{slices.Concat(segment[:starts[3]], make([]byte, 50), AppendBatch(nil, plainBatch(22), batchRecords(22, 1))), fmt.Sprintf("at byte %d, after offset 21: not a record batch: length 0; 50 bytes are not read, no offset is missing before 22", starts[3])},
	} {
		_, gaps, err := readDamaged(t, newSegmentReader(bytes.NewReader(c.file), 1000))
		if err != io.EOF || len(gaps) != 1 || gaps[0].Error() != c.want {
			t.Errorf("got %v, %v, want %s", gaps, err, c.want)
		}
	}
}

// countedReader counts how much of a reader was read.
type countedReader struct {
	r io.Reader
	n int64
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// patternReader gives a pattern for ever.
type patternReader struct {
	pattern []byte
	at      int
}

func (r *patternReader) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		k := copy(p[n:], r.pattern[r.at:])
		n, r.at = n+k, (r.at+k)%len(r.pattern)
	}
	return len(p), nil
}

// What is no segment is refused before much of it is read, and a length that is garbage is not believed.
func TestSegmentReaderRefusesWhatIsNoSegmentQuickly(t *testing.T) {
	long(t)
	segment, _ := testSegment(2)
	header := withLength(segment, 0, 1<<30-1)[:61] // so large that no batch is
	for name, pattern := range map[string][]byte{"text": []byte("no segment\n"), "headers": header} {
		r := &countedReader{r: &patternReader{pattern: pattern}}
		if _, err := readSegment(t, r, 1<<20); !errors.Is(err, ErrNotBatch) || r.n > segmentSearch+segmentBatchLimit {
			t.Errorf("%s: %d bytes were read, %v", name, r.n, err)
		}
	}
}

// wantAffordable checks that the bytes of a file were not looked at for nothing more than a few times each.
func wantAffordable(t *testing.T, s *segmentReader, size int64) {
	t.Helper()
	if most := 2*segmentBatchLimit + 5*size; s.tried > most || s.trusted > most {
		t.Errorf("of %d bytes %d were tried and %d trusted for nothing", size, s.tried, s.trusted)
	}
}

// Garbage that looks like headers of large batches does not cost the square of its size: bytes are looked at a few
// times each.
func TestSegmentReaderTriesFewCRCs(t *testing.T) {
	long(t)
	segment, _ := testSegment(1)
	header := withLength(segment, 0, 16<<20)[:61]
	binary.BigEndian.PutUint64(header, 1000)
	const size = 48 << 20
	after := AppendBatch(nil, plainBatch(2000), batchRecords(2000, 3))
	s := newSegmentReader(io.MultiReader(bytes.NewReader(segment), bytes.NewReader([]byte("garbage")), io.LimitReader(&patternReader{pattern: header}, size), bytes.NewReader(after)), 1<<20)
	_, gaps, err := readDamaged(t, s)
	if err != io.EOF || len(gaps) != 1 || gaps[0].NextOffset != 2000 {
		t.Errorf("not read %v, ended with %v", gaps, err)
	}
	wantAffordable(t, s, size)
}

// Each gap of many costs what it is long, though each may pretend to be the beginning of a batch of all that follows.
func TestSegmentReaderLooksAtFewBytesAfterManyDamages(t *testing.T) {
	var file []byte
	const n = 20_000
	for i := range int64(n) {
		at := len(file)
		file = AppendBatch(file, plainBatch(2*i), batchRecords(2*i, 1))
		file = AppendBatch(file, plainBatch(2*i+1), batchRecords(2*i+1, 1))
		if i < n-1 {
			binary.BigEndian.PutUint32(file[at+8:], 1<<20)
		}
	}
	s := newSegmentReader(bytes.NewReader(file), 1<<20)
	var gaps []segmentError
	var err error
	asked := allocated(func() { _, gaps, err = readDamaged(t, s) })
	if err != io.EOF || len(gaps) != n-1 {
		t.Errorf("%d gaps, %v", len(gaps), err)
	}
	wantAffordable(t, s, int64(len(file)))
	if most := uint64(1 << 30); asked > most { // what is read for the sake of a length takes memory
		t.Errorf("%d bytes of memory were asked for, at most %d wanted", asked, most)
	}
}

// allocated is how many bytes of memory a function asks for.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Garbage of any size is searched in little memory, but for what it may pretend to be the size of a batch.
func TestSegmentReaderSearchesInLittleMemory(t *testing.T) {
	long(t)
	segment, _ := testSegment(2)
	const size = 48 << 20
	for _, c := range []struct {
		name    string
		pattern []byte
		most    uint64
	}{
		{"text", []byte("no segment\n"), 8 << 20},
		{"zeros", make([]byte, 1000), 8 << 20},
		{"headers", withLength(segment, 0, 1<<20)[:61], 16 << 20},
	} {
		s := newSegmentReader(io.MultiReader(bytes.NewReader(segment), io.LimitReader(&patternReader{pattern: c.pattern}, size), strings.NewReader("x")), 1<<20)
		var err error
		asked := allocated(func() { _, _, err = readDamaged(t, s) })
		if !errors.Is(err, ErrNotBatch) {
			t.Errorf("%s: ended with %v", c.name, err)
		}
		if asked > c.most {
			t.Errorf("%s: %d bytes of memory were asked for", c.name, asked)
		}
	}
}

// FuzzSegment reads arbitrary bytes: whatever the size of chunks, the same comes, batches that are held to be no
// batches are none, and what is read ahead is bounded.
func FuzzSegment(f *testing.F) {
	segment, starts := variedSegment(9)
	for _, seed := range append(batchSeeds(), segment, withLength(segment, starts[4], 0), withLength(segment, 0, 1<<20),
		slices.Concat(segment[:starts[3]+20], segment[starts[5]:]), slices.Concat(segment[:starts[3]], make([]byte, 99), segment[starts[3]:])) {
		f.Add(seed, uint8(3), 100)
	}
	f.Fuzz(func(t *testing.T, b []byte, copies uint8, size int) {
		const limit = 2000
		size = min(max(size, batchHeaderBytes), 1<<16)
		b = bytes.Repeat(b[:min(len(b), 10_000)], int(copies%16)+1)
		read := func(size int) ([]byte, []segmentError, string) {
			s := newSegmentReader(bytes.NewReader(b), size)
			s.limit = limit
			all, gaps, err := readDamaged(t, s)
			if most := 2 * (5*limit + size + 4*searchReadLess); cap(s.held) > most {
				t.Fatalf("%d bytes of %d were held, at most %d expected", cap(s.held), len(b), most)
			}
			for i := range gaps {
				checkGap(t, s, b, &gaps[i])
			}
			return all, gaps, err.Error()
		}
		all, gaps, end := read(size)
		again, others, otherEnd := read(batchHeaderBytes)
		if !bytes.Equal(all, again) || len(gaps) != len(others) || end != otherEnd {
			t.Fatalf("in chunks of %d: %d bytes, not read %v, ended with %s; in smaller ones: %d, %v, %s", size, len(all), gaps, end, len(again), others, otherEnd)
		}
	})
}

// checkGap checks that a batch begins where reading goes on.
func checkGap(t *testing.T, s *segmentReader, b []byte, gap *segmentError) {
	t.Helper()
	before := &segmentReader{limit: s.limit, batches: gap.Batches, last: gap.LastOffset, old: true}
	batch, err := NextBatch(b[gap.Resumed:])
	if err != nil || before.plausible(b[gap.Resumed:]) == 0 || !batch.crcHolds() {
		t.Fatalf("%v, but no batch is there", gap)
	}
}
