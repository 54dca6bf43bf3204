package inspect

import "testing"

// Rows of commits, in transactions that are over and in ones that are open, without a filter and with one that most
// records pass.
func BenchmarkRowsOfTransactions(b *testing.B) {
	const commits = 100_000
	log := transactionsLog(b, commits)
	for _, outcome := range []Outcome{Committed, Open} {
		for name, filter := range map[string]Filter{"all": {}, "filtered": {Group: func([]byte) bool { return true }}} {
			b.Run(string(outcome)+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(log)))
				b.ReportAllocs()
				for b.Loop() {
					var open openings
					r := &partitionReader{filter: filter, emit: func(*Row) error { return nil }, open: &open, partition: partition{span: span{0, 1 << 40}}}
					_ = pieces(log, func(*Batch) decision { return decision{outcome: outcome} }, r.piece)
				}
				b.ReportMetric(commits*float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			})
		}
	}
}
