package reset

// undoDocument is what would undo the changes of groups: what they were, and what they are to be. Before they are sent all
// are planned, and who reads that after a crash asks the brokers what became of them. What was not answered may be carried
// out after it was read back: it failed, but the file does not rule it out.
func undoDocument(p *Plan, groups []*Group, o Options) *Document {
	d := &Document{Command: o.Command, Time: o.Now, ClusterID: p.ClusterID}
	for _, g := range groups {
		for i := range g.Changes {
			if c := &g.Changes[i]; c.Result != Unchanged && c.Result != Refused && !(c.Result == Planned && g.held) {
				r := c.row(g)
				if c.Result == Failed && c.unanswered {
					r.Result = Unknown
				}
				d.Items = append(d.Items, r)
			}
		}
	}
	return d
}
