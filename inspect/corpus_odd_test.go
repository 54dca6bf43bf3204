package inspect

import "testing"

// Cut anywhere or with a byte too many, what a real broker wrote is an error and its data null.
func TestCorpusCutOrTooLong(t *testing.T) {
	for _, version := range corpusVersions {
		for _, r := range readCorpus(t, version) {
			for n := range len(r.key) + 2 {
				if n != len(r.key) {
					wantNullData(t, version+" "+r.kind+" key", r.topic.AppendKey, cutOrGrow(r.key, n))
				}
			}
			if r.value == nil {
				continue
			}
			k, _ := r.topic.ParseKey(r.key)
			appendValue := func(dst, b []byte) ([]byte, error) { return r.topic.AppendValue(dst, k.Type, b) }
			for n := range len(r.value) + 2 {
				if n != len(r.value) {
					wantNullData(t, version+" "+r.kind+" value", appendValue, cutOrGrow(r.value, n))
				}
			}
		}
	}
}

// With any one byte changed to its complement, what a real broker wrote is an error, or something that encodes to the
// same bytes.
func TestCorpusWithOneByteFlipped(t *testing.T) {
	for _, version := range corpusVersions {
		for _, r := range readCorpus(t, version) {
			k, _ := r.topic.ParseKey(r.key)
			encode := func(text []byte) ([]byte, error) { return r.topic.EncodeValue(k.Type, text) }
			for i := range r.value {
				b := append([]byte{}, r.value...)
				b[i] = ^b[i]
				text, err := r.topic.AppendValue(nil, k.Type, b)
				wantRoundTrip(t, text, err, b, encode)
			}
		}
	}
}
