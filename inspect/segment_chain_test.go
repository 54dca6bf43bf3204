package inspect

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
)

// nested is a segment of 20 batches of two records, the last of which holds three batches in a value, and of more
// behind it.
func nested(more int) (segment []byte, starts []int) {
	var inner []byte
	for offset := int64(40); offset < 43; offset++ {
		inner = AppendBatch(inner, plainBatch(offset), batchRecords(offset, 1))
	}
	value := slices.Concat([]byte("metadata"), inner, []byte{0, 0, 1, 0x8b, 0xcf, 0xe5, 0x68, 0})
	for i := range int64(20 + more) {
		records := batchRecords(2*i, 2)
		if i == 19 {
			records[1].Value = value
		}
		starts = append(starts, len(segment))
		segment = AppendBatch(segment, plainBatch(2*i), records)
	}
	return segment, append(starts, len(segment))
}

// What a record holds is not taken for the log's, wherever the file is cut. Where it ends with one of the batches in the
// record, that cannot be told from a wrong length in a damaged batch, and is damage.
func TestSegmentReaderDoesNotReadInsideARecordThatIsCut(t *testing.T) {
	long(t)
	segment, starts := nested(0)
	for n := starts[19] + 1; n < len(segment); n++ {
		for _, size := range []int{100, 1 << 20} {
			all, gaps, err := readDamaged(t, newSegmentReader(bytes.NewReader(segment[:n]), size))
			ends := false
			for offset := int64(40); offset < 43; offset++ {
				ends = ends || bytes.HasSuffix(segment[:n], AppendBatch(nil, plainBatch(offset), batchRecords(offset, 1)))
			}
			if !bytes.Equal(all, segment[:starts[19]]) || len(gaps) > 0 || errors.Is(err, ErrCut) == ends || errors.Is(err, ErrNotBatch) != ends {
				t.Fatalf("cut at %d of %d: %d bytes, want %d; %v, %v", n, len(segment), len(all), starts[19], gaps, err)
			}
		}
	}
}

func TestSegmentReaderDoesNotReadInsideADamagedRecord(t *testing.T) {
	long(t)
	for _, more := range []int{1, 2, 30} {
		segment, starts := nested(more)
		from, to := starts[19], starts[20]
		length := to - from - batchOverhead
		wrongMagic := bytes.Clone(segment)
		wrongMagic[from+batchMagicAt] = 9
		garbage := bytes.Clone(segment)
		copy(garbage[from:], bytes.Repeat([]byte{7}, batchHeaderBytes))
		files := map[string][]byte{"length 0": withLength(segment, from, 0), "magic": wrongMagic, "header": garbage}
		for bit := range 32 {
			files["bit "+string(rune('A'+bit))] = withLength(segment, from, int32(length^1<<bit))
		}
		for name, file := range files {
			wantGap(t, name, file, from, to, io.EOF)
		}
		body := bytes.Clone(segment)
		body[from+batchHeaderBytes+9] ^= 1
		all, gaps, err := readDamaged(t, newSegmentReader(bytes.NewReader(body), 200))
		if !bytes.Equal(all, body) || len(gaps) > 0 || err != io.EOF {
			t.Errorf("damaged record: %d bytes of %d, %v, %v", len(all), len(body), gaps, err)
		}
	}
}
