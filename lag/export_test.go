package lag

import "github.com/offsetctl/offsetctl/internal/cluster"

// Compute returns the rows of all groups.
func Compute(s *Snapshot, f cluster.Filter) []Row {
	var all []Row
	Each(s, f, func(_ *cluster.Group, rows []Row) { all = append(all, rows...) })
	return all
}

// Errors are all failures of a snapshot, each once.
func Errors(s *Snapshot, f cluster.Filter) []*cluster.Error {
	found := NewFindings(s)
	Each(s, f, found.Add)
	return found.Errors.All
}
