package inspect

import (
	"bytes"
	"encoding/json"
	"testing"
)

// topicOf makes a topic of any byte the fuzzer finds.
func topicOf(b byte) Topic { return Topic(b % 3) }

// addRecords has a fuzz target begin with all samples and the records of real brokers.
func addRecords(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(byte(s.topic), s.key, s.value)
	}
	for _, version := range corpusVersions {
		for _, r := range readCorpus(f, version) {
			f.Add(byte(r.topic), r.key, r.value)
		}
	}
}

// Whatever decodes without an error encodes to the same bytes, and whatever is appended is JSON.
func FuzzDecodeRoundTrip(f *testing.F) {
	addRecords(f)
	f.Fuzz(func(t *testing.T, b byte, key, value []byte) {
		topic := topicOf(b)
		keyText, err := topic.AppendKey(nil, key)
		wantRoundTrip(t, keyText, err, key, topic.EncodeKey)
		parsed, parseErr := topic.ParseKey(key)
		if (parseErr == nil) != (err == nil) {
			t.Errorf("ParseKey says %v, AppendKey %v", parseErr, err)
		}
		if value == nil {
			value = []byte{}
		}
		valueText, err := topic.AppendValue(nil, parsed.Type, value)
		encode := func(text []byte) ([]byte, error) { return topic.EncodeValue(parsed.Type, text) }
		wantRoundTrip(t, valueText, err, value, encode)
	})
}

func wantRoundTrip(t *testing.T, text []byte, err error, want []byte, encode func([]byte) ([]byte, error)) {
	t.Helper()
	if !json.Valid(text) {
		t.Fatalf("no JSON: %s", text)
	}
	if err != nil {
		return
	}
	got, err := encode(text)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s\nencodes to %x, %v\nnot to     %x", text, got, err, want)
	}
}

// Whatever encodes decodes again, to JSON that encodes to the same bytes.
func FuzzEncodeJSON(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(byte(s.topic), s.keyType(), s.keyText)
		f.Add(byte(s.topic), s.keyType(), s.valText)
	}
	f.Fuzz(func(t *testing.T, b byte, keyType int16, text string) {
		topic := topicOf(b)
		if key, err := topic.EncodeKey([]byte(text)); err == nil {
			again, err := topic.AppendKey(nil, key)
			if err != nil {
				t.Fatalf("key %x does not decode: %v", key, err)
			}
			wantRoundTrip(t, again, nil, key, topic.EncodeKey)
		}
		value, err := topic.EncodeValue(keyType, []byte(text))
		if err != nil || value == nil {
			return
		}
		again, err := topic.AppendValue(nil, keyType, value)
		if err != nil {
			t.Fatalf("value %x does not decode: %v", value, err)
		}
		encode := func(text []byte) ([]byte, error) { return topic.EncodeValue(keyType, text) }
		wantRoundTrip(t, again, nil, value, encode)
	})
}
