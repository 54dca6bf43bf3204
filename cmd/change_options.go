package cmd

import (
	"errors"

	"github.com/spf13/pflag"
)

// changeOptions are the flags that all changing commands have.
type changeOptions struct {
	execute  bool
	dryRun   bool
	force    bool
	partial  bool
	expect   int
	undoFile string
}

func (o *changeOptions) add(f *pflag.FlagSet) {
	f.BoolVar(&o.execute, "execute", false, "do it; without, it is only shown")
	f.BoolVar(&o.dryRun, "dry-run", false, "only show it: the default")
	f.BoolVar(&o.force, "force", false, "also where something seems to commit for a group without members, or commits are not what a file says")
	f.BoolVar(&o.partial, "partial", false, "send the rest of a group of which a partition is refused")
	f.StringVar(&o.undoFile, "undo-file", "", "write what undoes it to this `FILE` too, which must not exist; the folder of undo files may then be missing")
}

func (o *changeOptions) addBulk(f *pflag.FlagSet) {
	f.IntVar(&o.expect, "expect-groups", 0, "with --execute: do nothing unless `N` groups are selected")
}

// checked refuses flags that contradict one another; bulk says whether groups are selected without being named.
func (o *changeOptions) checked(changed func(string) bool, bulk bool) error {
	switch {
	case o.execute && o.dryRun:
		return usagef("--execute and --dry-run exclude one another")
	case changed("expect-groups") && o.expect < 1:
		return usagef("--expect-groups %d: at least 1", o.expect)
	case o.execute && bulk && !changed("expect-groups"):
		return &usageError{errors.New("--execute needs --expect-groups N where groups are not named one by one"), "run it without --execute: that shows the groups, and prints the command"}
	}
	return nil
}
