package inspect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// readSegment gives the bytes of all chunks together, of a segment without damage in the middle, and the error after
// the last.
func readSegment(t *testing.T, r io.Reader, size int) ([]byte, error) {
	t.Helper()
	all, gaps, err := readDamaged(t, newSegmentReader(r, size))
	if len(gaps) > 0 {
		t.Fatalf("in the middle: %v", gaps)
	}
	return all, err
}

// readDamaged gives the bytes of all chunks together, what is between them and not read, and the error after the last.
func readDamaged(t *testing.T, s *segmentReader) (all []byte, gaps []segmentError, end error) {
	t.Helper()
	var buf []byte
	at := int64(0)
	for {
		if s.position != at {
			t.Fatalf("at %d, but %d bytes came before", s.position, at)
		}
		chunk, err := s.Next(buf)
		var gap *segmentError
		if errors.As(err, &gap) && gap.Resumed > 0 {
			if gap.Position != at || gap.Resumed <= at {
				t.Fatalf("at %d: %+v", at, gap)
			}
			at = gap.Resumed
			gaps = append(gaps, *gap)
			continue
		}
		if err != nil {
			if _, again := s.Next(nil); again != err {
				t.Errorf("after %v came %v", err, again)
			}
			return all, gaps, err
		}
		if chunk.Position != at {
			t.Fatalf("a chunk at %d, %d bytes came before", chunk.Position, at)
		}
		for batch, err := range Batches(chunk.Bytes) {
			if err != nil {
				t.Fatal(err)
			}
			if len(chunk.Bytes) > s.size && len(batch.Bytes) < len(chunk.Bytes) {
				t.Fatalf("a chunk of %d bytes that is not one batch", len(chunk.Bytes))
			}
		}
		at += int64(len(chunk.Bytes))
		all = append(all, chunk.Bytes...)
		buf = chunk.Bytes // and its memory is used again
	}
}

// testSegment is a segment of n batches, and where they begin.
func testSegment(n int) (segment []byte, starts []int) {
	for i := range n {
		starts = append(starts, len(segment))
		segment = AppendBatch(segment, plainBatch(int64(10*i)), batchRecords(int64(10*i), i%9))
	}
	return segment, append(starts, len(segment))
}

func TestSegmentReaderGivesWholeBatches(t *testing.T) {
	segment, _ := testSegment(40)
	for _, size := range []int{1, 61, 100, 300, 1000, len(segment), 1 << 20} {
		for name, r := range map[string]io.Reader{
			"at once":        bytes.NewReader(segment),
			"byte for byte":  iotest.OneByteReader(bytes.NewReader(segment)),
			"data with EOF":  iotest.DataErrReader(bytes.NewReader(segment)),
			"half the bytes": iotest.HalfReader(bytes.NewReader(segment)),
		} {
			got, err := readSegment(t, r, size)
			if err != io.EOF || !bytes.Equal(got, segment) {
				t.Errorf("chunks of %d, %s: %d bytes of %d, %v", size, name, len(got), len(segment), err)
			}
		}
	}
}

func TestSegmentReaderLargeBatch(t *testing.T) {
	segment, _ := testSegment(3)
	segment = AppendBatch(segment, plainBatch(50), []Record{{Offset: 50, Value: make([]byte, 9<<20)}})
	segment = AppendBatch(segment, plainBatch(60), batchRecords(60, 2))
	for _, size := range []int{1000, 1 << 20, 16 << 20} {
		if got, err := readSegment(t, bytes.NewReader(segment), size); err != io.EOF || !bytes.Equal(got, segment) {
			t.Errorf("chunks of %d: %d bytes of %d, %v", size, len(got), len(segment), err)
		}
	}
}

// Whatever byte a segment is cut at, all batches before come, and the error says which.
func TestSegmentReaderCutAtEveryByte(t *testing.T) {
	segment, starts := testSegment(6)
	for n := range segment {
		batches := 0
		for starts[batches+1] <= n {
			batches++
		}
		whole := starts[batches]
		got, err := readSegment(t, bytes.NewReader(segment[:n]), 200)
		if !bytes.Equal(segment[:whole], got) {
			t.Fatalf("cut at %d: %d bytes, want %d", n, len(got), whole)
		}
		if n == whole {
			if err != io.EOF {
				t.Errorf("cut at %d: %v", n, err)
			}
			continue
		}
		cut := &cutError{Have: n - whole, Need: starts[batches+1] - whole}
		if cut.Have < 12 {
			cut.Need = 0
		}
		want := &segmentError{Position: int64(whole), Batches: int64(batches), LastOffset: int64(max(batches-1, 0) * 10), Reason: cut}
		if batches > 1 {
			want.LastOffset += int64((batches-1)%9) - 1
		}
		if diff := cmp.Diff(error(want), err); diff != "" || !errors.Is(err, ErrCut) {
			t.Errorf("cut at %d: %s", n, diff)
		}
	}
}

func TestSegmentReaderTakesZerosForTheEnd(t *testing.T) {
	segment, _ := testSegment(6)
	for _, n := range []int{12, 13, 16, 17, 61, 100, 4096, 1 << 20} {
		padded := append(bytes.Clone(segment), make([]byte, n)...)
		if got, err := readSegment(t, bytes.NewReader(padded), 200); err != io.EOF || !bytes.Equal(got, segment) {
			t.Errorf("%d zeros: %d bytes of %d, %v", n, len(got), len(segment), err)
		}
		got, err := readSegment(t, bytes.NewReader(append(padded, 1)), 200)
		if err == nil || err == io.EOF || !bytes.Equal(got, segment) {
			t.Errorf("%d zeros and something: %d bytes of %d, %v", n, len(got), len(segment), err)
		}
		if !errors.Is(err, ErrNotBatch) {
			t.Errorf("%d zeros and something: %v", n, err)
		}
	}
}

func TestSegmentReaderSaysWhatIsNoSegment(t *testing.T) {
	segment, starts := testSegment(6)
	broken := bytes.Clone(segment)
	broken[starts[5]+16] = 9
	for _, c := range []struct {
		name string
		r    io.Reader
		want string
	}{
		{"empty", strings.NewReader(""), "EOF"},
		{"zeros", bytes.NewReader(make([]byte, 5000)), "EOF"},
		{"short text", strings.NewReader("hello"), `at byte 0, before any batch: not a record batch: it begins with "hello"`},
		{"text", strings.NewReader(strings.Repeat("2026-01-01 INFO what\n", 1000)), "at byte 0, before any batch: not a record batch: magic 119"},
		{"magic of the last", bytes.NewReader(broken), fmt.Sprintf("at byte %d, after offset 43: not a record batch: magic 9", starts[5])},
		{"reader fails", io.MultiReader(bytes.NewReader(segment[:starts[2]+30]), iotest.ErrReader(errors.New("input/output error"))), fmt.Sprintf("at byte %d, after offset 10: input/output error", starts[2])},
		{"reader fails between batches", io.MultiReader(bytes.NewReader(segment), iotest.ErrReader(errors.New("input/output error"))), fmt.Sprintf("at byte %d, after offset 54: input/output error", len(segment))},
		{"reader fails at once", iotest.ErrReader(errors.New("is a directory")), "at byte 0, before any batch: is a directory"},
	} {
		if _, err := readSegment(t, c.r, 150); err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestSegmentErrorUnwraps(t *testing.T) {
	err := error(&segmentError{Reason: fmt.Errorf("%w: x", ErrNotBatch)})
	if !cmp.Equal(ErrNotBatch, err, cmpopts.EquateErrors()) {
		t.Error(err)
	}
}
