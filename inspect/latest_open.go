package inspect

import "time"

// begun are the transactions of one partition that are under way, by producer id. They are known from the headers of
// batches alone, so that what else is read of a record does not matter, nor what it costs.
type begun map[int64]held

// batch counts a batch, which can be read, of a transaction that is under way.
func (o begun) batch(b *Batch) {
	if !b.Transactional || b.Control || b.Records == 0 {
		return
	}
	h, ok := o[b.ProducerID]
	if !ok {
		h = held{epoch: b.ProducerEpoch, offset: b.BaseOffset, timestamp: b.baseTimestamp()}
		if b.LogAppendTime {
			h.timestamp = b.MaxTimestamp
		}
	}
	h.records += int64(b.Records)
	o[b.ProducerID] = h
}

// end ends the transaction of a producer.
func (o begun) end(producerID int64) { delete(o, producerID) }

// rows are those that are open at the end of a partition, each once, whatever groups it is of.
func (o begun) rows(partition int32, now time.Time) []OpenTransaction {
	all := openings{}
	for id, h := range o {
		all[opening{producerID: id, none: true}] = h
	}
	return all.rows(partition, now)
}
