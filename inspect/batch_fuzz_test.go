package inspect

import "testing"

// batchSeeds are small logs of every kind.
func batchSeeds() [][]byte {
	transactional, control := plainBatch(0), plainBatch(9)
	transactional.Transactional, transactional.ProducerID, transactional.ProducerEpoch = true, 4, 0
	control.Transactional, control.Control, control.ProducerID, control.ProducerEpoch = true, true, 4, 1
	b := AppendBatch(nil, transactional, batchRecords(0, 5))
	b = AppendBatch(b, control, []Record{Marker{Commit: true}.Record(9, 1)})
	return [][]byte{nil, b, b[:len(b)-1], make([]byte, 100), AppendBatch(nil, plainBatch(3), nil)}
}

// FuzzBatches walks arbitrary bytes: what is walked is the input, in order and without gaps, and every
// record lies within its batch.
func FuzzBatches(f *testing.F) {
	for _, seed := range batchSeeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d := Decompressor{Limit: 1 << 20}
		at := 0
		for batch, err := range Batches(b) {
			if err != nil {
				break
			}
			if len(batch.Bytes) == 0 || &batch.Bytes[0] != &b[at] {
				t.Fatalf("batch at %d does not begin there", at)
			}
			at += len(batch.Bytes)
			eachInside(t, &d, &batch)
		}
	})
}

// FuzzEach reads arbitrary bytes as what is inside a batch, with a CRC that holds.
func FuzzEach(f *testing.F) {
	for _, seed := range batchSeeds() {
		if len(seed) > batchHeaderBytes {
			f.Add(seed[21:])
		}
	}
	for _, c := range codecs() {
		plain := AppendBatch(nil, plainBatch(0), batchRecords(0, 9))
		f.Add(compressed(plain, c.codec, c.compress(plain[batchHeaderBytes:]))[21:])
	}
	f.Fuzz(func(t *testing.T, inside []byte) {
		b := append(make([]byte, 21), inside...)
		b[16] = 2
		if len(b) < batchHeaderBytes {
			return
		}
		sealBatch(b)
		batch, err := NextBatch(b)
		if err != nil {
			t.Fatal(err)
		}
		eachInside(t, &Decompressor{Limit: 1 << 20}, &batch)
	})
}

func eachInside(t *testing.T, d *Decompressor, batch *Batch) {
	t.Helper()
	n := int32(0)
	err := d.Each(batch, func(r Record) error {
		n++
		if batch.Magic == 2 && (r.Offset < batch.BaseOffset || r.Offset > batch.LastOffset) {
			t.Fatalf("record %d is outside of %d to %d", r.Offset, batch.BaseOffset, batch.LastOffset)
		}
		return nil
	})
	if err == nil && batch.Records >= 0 && n != batch.Records {
		t.Fatalf("%d records of %d and no error", n, batch.Records)
	}
}
