package inspect

import "fmt"

// transactionValue is TransactionLog: where a transactional producer is.
type transactionValue struct {
	ProducerID               int64
	PreviousProducerID       *int64
	NextProducerID           *int64
	ProducerEpoch            int16
	TransactionTimeoutMs     int64
	TransactionStatus        int
	TransactionPartitions    []owned
	ClientTransactionVersion int64
}

// transactionStates are Kafka's TransactionState.
var transactionStates = map[int]string{0: "Empty", 1: "Ongoing", 2: "PrepareCommit", 3: "PrepareAbort", 4: "CompleteCommit", 5: "CompleteAbort", 6: "Dead", 7: "PrepareEpochFence"}

func (t transactionValue) String() string {
	c := clauses{word(transactionStates, t.TransactionStatus)}
	c.add("producer %d, epoch %d", t.ProducerID, t.ProducerEpoch)
	if p := t.PreviousProducerID; p != nil && *p != t.ProducerID {
		c.unless(-1, "previous producer", *p)
	}
	if p := t.NextProducerID; p != nil {
		c.unless(-1, "next producer", *p)
	}
	c = append(c, "timeout "+duration(t.TransactionTimeoutMs))
	c.unless(0, "transaction version", t.ClientTransactionVersion)
	c.named("partitions", assigned(t.TransactionPartitions, listRoom))
	return c.String()
}

// duration is a time span as configurations of Kafka have it, but in seconds where it is whole ones.
func duration(ms int64) string {
	if ms%1000 == 0 {
		return fmt.Sprintf("%ds", ms/1000)
	}
	return fmt.Sprintf("%dms", ms)
}
