package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/offsetctl/offsetctl/inspect"
)

// entry appends a batch with one record, given as the JSON that inspect prints, of a producer or of none (-1). Its
// time is that of the other segments, or so long ago. It is of the topic in whose folder the segment is.
func (f *fixture) entry(ts *testscript.TestScript, args []string) error {
	producer, err := number(args[1])
	if err != nil {
		return err
	}
	r := inspect.Record{Timestamp: segmentTime}
	if len(args) > 4 {
		ago, err := time.ParseDuration(args[4])
		if err != nil {
			return err
		}
		r.Timestamp = time.Now().Add(-ago).UnixMilli()
	}
	topic := topicOfFolder(args[0])
	if r.Key, err = topic.EncodeKey([]byte(args[2])); err != nil {
		return err
	}
	value := bytes.ReplaceAll([]byte(args[3]), []byte("NOW"), strconv.AppendInt(nil, r.Timestamp, 10))
	if r.Value, err = topic.EncodeValue(int16(r.Key[1]), value); err != nil {
		return err
	}
	return appendRecord(ts.MkAbs(args[0]), inspect.Batch{ProducerID: producer, ProducerEpoch: -1, BaseSequence: -1, Transactional: producer >= 0}, r)
}

func topicOfFolder(path string) inspect.Topic {
	for _, t := range []inspect.Topic{inspect.ShareGroupState, inspect.TransactionState} {
		if strings.Contains(path, t.LogName()+"-") {
			return t
		}
	}
	return inspect.ConsumerOffsets
}

// ending appends the marker of a producer's transaction.
func (f *fixture) ending(ts *testscript.TestScript, args []string) error {
	producer, err := number(args[1])
	if err != nil {
		return err
	}
	b := inspect.Batch{ProducerID: producer, BaseSequence: -1, Transactional: true, Control: true}
	return appendRecord(ts.MkAbs(args[0]), b, inspect.Marker{Commit: args[2] == "commit"}.Record(0, segmentTime))
}

// appendRecord appends a batch of one record to a segment.
func appendRecord(path string, b inspect.Batch, r inspect.Record) error {
	log, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for before, err := range inspect.Batches(log) {
		if err != nil {
			return err
		}
		b.BaseOffset = before.LastOffset + 1
	}
	r.Offset = b.BaseOffset
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, inspect.AppendBatch(log, b, []inspect.Record{r}), 0o600)
}

// store produces the records of a segment, outside of transactions, to a partition.
func (f *fixture) store(ts *testscript.TestScript, args []string) error {
	topic, p, err := partition(args[0])
	if err != nil {
		return err
	}
	log, err := os.ReadFile(ts.MkAbs(args[1]))
	if err != nil {
		return err
	}
	client, err := f.newClient(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableIdempotentWrite())
	if err != nil {
		return err
	}
	defer client.Close()
	var d inspect.Decompressor
	for b, err := range inspect.Batches(log) {
		if err != nil {
			return err
		}
		if b.ProducerID >= 0 {
			return fmt.Errorf("%s has a batch of producer %d", args[1], b.ProducerID)
		}
		if err := d.Each(&b, func(r inspect.Record) error {
			return client.ProduceSync(f.ctx, &kgo.Record{Topic: topic, Partition: p, Key: r.Key, Value: r.Value}).FirstErr()
		}); err != nil {
			return err
		}
	}
	return nil
}
