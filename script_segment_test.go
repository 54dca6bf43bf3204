package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/offsetctl/offsetctl/inspect"
)

// segmentTime is when all records of the scripts' segments were written.
const segmentTime = 1_700_000_000_000

// segment appends one batch to a segment of __consumer_offsets: a commit per offset.
func (f *fixture) segment(ts *testscript.TestScript, args []string) error {
	topic, p, err := partition(args[2])
	if err != nil {
		return err
	}
	path := ts.MkAbs(args[0])
	log, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	b := inspect.Batch{ProducerID: -1, ProducerEpoch: -1, BaseSequence: -1}
	for before, err := range inspect.Batches(log) {
		if err != nil {
			return err
		}
		b.BaseOffset = before.LastOffset + 1
	}
	key, err := inspect.ConsumerOffsets.EncodeKey(fmt.Appendf(nil, `{"type":1,"data":{"group":%q,"topic":%q,"partition":%d}}`, args[1], topic, p))
	if err != nil {
		return err
	}
	var records []inspect.Record
	for i, a := range args[3:] {
		offset, err := number(a)
		if err != nil {
			return err
		}
		value, err := inspect.ConsumerOffsets.EncodeValue(1, fmt.Appendf(nil, `{"version":3,"data":{"offset":%d,"leaderEpoch":-1,"metadata":"","commitTimestamp":%d}}`, offset, segmentTime))
		if err != nil {
			return err
		}
		records = append(records, inspect.Record{Offset: b.BaseOffset + int64(i), Timestamp: segmentTime, Key: key, Value: value})
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, inspect.AppendBatch(log, b, records), 0o600)
}

// flip flips a bit of a file.
func (f *fixture) flip(ts *testscript.TestScript, args []string) error {
	return change(ts, args, func(b []byte, at int64) []byte {
		b = bytes.Clone(b)
		b[at] ^= 1
		return b
	})
}

// cut leaves the beginning of a file.
func (f *fixture) cut(ts *testscript.TestScript, args []string) error {
	return change(ts, args, func(b []byte, size int64) []byte { return b[:size] })
}

func change(ts *testscript.TestScript, args []string, edit func([]byte, int64) []byte) error {
	n, err := number(args[1])
	if err != nil {
		return err
	}
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	if err != nil {
		return err
	}
	if n < 0 || n >= int64(len(b)) {
		return fmt.Errorf("%s has %d bytes", args[0], len(b))
	}
	return os.WriteFile(ts.MkAbs(args[0]), edit(b, n), 0o600)
}
