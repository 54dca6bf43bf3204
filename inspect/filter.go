package inspect

// Filter says which records are shown; nil fields select all. It is asked before a value is decoded, by several
// goroutines at once where the state of several partitions is added up. A record whose key is not understood is shown
// only where nothing is filtered.
type Filter struct {
	Group     func(group []byte) bool                  // in __transaction_state: of the transactional id
	Partition func(topic []byte, partition int32) bool // of the topic that a commit is for
	Types     map[string]bool                          // Kafka's record names, and MarkerName
}

// MarkerName is what the type of a transaction marker is called, which has no record name.
const MarkerName = "TransactionMarker"

// All reports whether nothing is filtered.
func (f *Filter) All() bool { return f.Group == nil && f.Partition == nil && f.Types == nil }

// selects reports whether a record with that key is shown.
func (f *Filter) selects(k *Key) bool {
	return f.about(k) && (f.Types == nil || f.Types[k.Name])
}

// about reports whether a key is of a group and a partition that are asked for, whatever its type.
func (f *Filter) about(k *Key) bool {
	switch {
	case f.Group != nil && !f.selectsName(k):
		return false
	case f.Partition != nil && (k.Topic == nil || !f.Partition(k.Topic, k.Partition)):
		return false
	}
	return true
}

// selectsName reports whether a key is of a group, or a transactional id, that is asked for.
func (f *Filter) selectsName(k *Key) bool {
	name := k.Group
	if name == nil {
		name = k.ID
	}
	return name != nil && f.Group(name)
}

// selectsMarker reports whether the marker of a transaction is shown; touched: the transaction has a record
// of a group and a partition that are asked for, though its type may not be.
func (f *Filter) selectsMarker(touched bool) bool {
	if f.Types != nil && !f.Types[MarkerName] {
		return false
	}
	return f.Group == nil && f.Partition == nil || touched
}
