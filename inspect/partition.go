package inspect

import (
	"fmt"
)

// partitionReader makes rows of the batches of one partition after the other, each given in order.
type partitionReader struct {
	topic  Topic
	filter Filter
	raw    bool // show the bytes of all rows
	emit   func(*Row) error

	partition partition
	open      *openings // of the records so far, shown or not; nil: nobody asks

	decompressor Decompressor
	touched      map[int64]bool // producers whose transaction has a record so far of what the filter is about
	row          Row
	timestamp    int64
	commit       Commit
	transaction  Transaction
	stopped      error // of emit
}

// begins says which partition the next batches are of.
func (p *partitionReader) begins(part partition) {
	if p.partition != part {
		p.partition, p.touched = part, nil
	}
}

// piece makes rows of a stretch of the log, and counts what is open in it, be it in the span or not. The error is
// emit's.
func (p *partitionReader) piece(of piece) error {
	for b := range Batches(of.batches) {
		var txn *Transaction
		if b.Transactional && !b.Control {
			p.transaction = Transaction{b.ProducerID, b.ProducerEpoch, of.outcomes[0].outcome, of.outcomes[0].doubt}
			txn, of.outcomes = &p.transaction, of.outcomes[1:]
		}
		if !p.partition.span.has(&b) {
			p.pass(&b, txn)
			continue
		}
		if err := p.batch(&b, txn); err != nil {
			return err
		}
	}
	return nil
}

// batch makes rows of one batch. The error is emit's; what is wrong with the batch is a row.
func (p *partitionReader) batch(b *Batch, txn *Transaction) error {
	err := p.decompressor.Each(b, func(r Record) error {
		switch shown := r.Offset >= p.partition.span.from; {
		case !shown:
			p.count(r, txn)
		case b.Control:
			p.stopped = p.marker(b, r)
		default:
			p.stopped = p.record(r, txn)
		}
		return p.stopped
	})
	if p.stopped != nil {
		return p.stopped
	}
	if err != nil {
		return p.damaged(b, err)
	}
	return nil
}

// pass counts what is open in a batch outside of the span. What cannot be read there is not of what is shown.
func (p *partitionReader) pass(b *Batch, txn *Transaction) {
	if p.counts(txn) {
		_ = p.decompressor.Each(b, func(r Record) error {
			p.count(r, txn)
			return nil
		})
	}
}

// counts reports whether the records of a transaction are to be counted as open; nil: they are of none.
func (p *partitionReader) counts(txn *Transaction) bool {
	return p.open != nil && txn != nil && txn.Outcome == Open
}

// count counts a record that is not shown, if it is of an open transaction.
func (p *partitionReader) count(r Record, txn *Transaction) {
	if p.counts(txn) {
		key, _ := p.topic.ParseKey(r.Key)
		p.open.record(txn, &key, &r)
	}
}

// begin makes the row empty, but for its buffers.
func (p *partitionReader) begin(r Record) *Row {
	p.row = Row{Partition: p.partition.id, Offset: r.Offset, RawKey: r.Key, RawValue: r.Value, ShowRaw: p.raw, KeyJSON: p.row.KeyJSON[:0], ValueJSON: p.row.ValueJSON[:0]}
	if r.Timestamp >= 0 {
		p.timestamp = r.Timestamp
		p.row.Timestamp = &p.timestamp
	}
	return &p.row
}

func (p *partitionReader) record(r Record, txn *Transaction) error {
	key, err := p.topic.ParseKey(r.Key)
	if p.counts(txn) {
		p.open.record(txn, &key, &r)
	}
	if err != nil {
		if !p.filter.All() {
			return nil
		}
	} else {
		if txn != nil && p.filter.about(&key) {
			p.touch(txn.ProducerID)
		}
		if !p.filter.selects(&key) {
			return nil
		}
	}
	row := p.begin(r)
	row.Key, row.Type, row.Transaction, row.Tombstone = key, key.Name, txn, r.Value == nil
	if err == nil && key.HasTopic() {
		var ok bool
		if p.commit, ok = ParseCommit(r.Value); ok {
			row.Commit = &p.commit
			return p.emit(row)
		}
	}
	row.KeyJSON, row.Err = p.topic.AppendKey(row.KeyJSON, r.Key)
	if row.Err == nil {
		row.ValueJSON, row.Err = p.topic.AppendValue(row.ValueJSON, key.Type, r.Value)
	} else {
		row.ValueJSON = append(row.ValueJSON, "null"...)
	}
	return p.emit(row)
}

func (p *partitionReader) touch(producerID int64) {
	if p.touched == nil {
		p.touched = map[int64]bool{}
	}
	p.touched[producerID] = true
}

// marker makes the row of a control record.
func (p *partitionReader) marker(b *Batch, r Record) error {
	touched := p.touched[b.ProducerID]
	delete(p.touched, b.ProducerID)
	if !p.filter.selectsMarker(touched) {
		return nil
	}
	row := p.begin(r)
	row.Type, row.Marker = MarkerName, true
	row.KeyJSON = append(row.KeyJSON, `{"type":null,"name":"`+MarkerName+`","data":null}`...)
	row.ValueJSON = append(row.ValueJSON, "null"...)
	p.transaction = Transaction{ProducerID: b.ProducerID, ProducerEpoch: b.ProducerEpoch, Outcome: Aborted}
	row.Transaction = &p.transaction
	m, err := parseMarker(r.Key, r.Value)
	switch {
	case err != nil:
		row.Err, row.Transaction = err, nil
	case m.Commit:
		p.transaction.Outcome = Committed
	}
	return p.emit(row)
}

// damaged makes the row of a batch that cannot be read: it stands for all its records, which nobody knows.
func (p *partitionReader) damaged(b *Batch, err error) error {
	return p.unread(b.BaseOffset, b.unreadable(err))
}

// unreadable is the error of a batch of which err says what is wrong.
func (b *Batch) unreadable(err error) error {
	return fmt.Errorf("batch of offsets %d to %d: %w", b.BaseOffset, b.LastOffset, err)
}

// unread makes the row of what cannot be read from an offset on.
func (p *partitionReader) unread(offset int64, err error) error {
	row := p.begin(Record{Offset: offset, Timestamp: -1})
	row.Damaged = true
	row.KeyJSON, row.ValueJSON = append(row.KeyJSON, "null"...), append(row.ValueJSON, "null"...)
	row.Err = err
	return p.emit(row)
}
