package cluster

// Filter selects partitions. The zero value selects all.
type Filter map[string]Partitions

// Partitions are partition numbers; nil means all of the topic.
type Partitions map[int32]bool

// Has reports whether the partition is selected.
func (f Filter) Has(tp TP) bool {
	if f == nil {
		return true
	}
	ps, ok := f[tp.Topic]
	return ok && (ps == nil || ps[tp.Partition])
}
