package reset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// item is a Row in which a group that is not named is no group with the empty name, of which there can be one.
type item struct {
	Row
	Group *string `json:"group"`
}

// part is what an item is of.
type part struct {
	group     string
	topic     bool // false: the group as a whole
	partition bool // false: the topic as a whole
	cluster.TP
}

func parseItems(texts []json.RawMessage, check func(*Row) error) ([]Row, error) {
	if len(texts) == 0 {
		return nil, errors.New("there are no items")
	}
	rows, seen := make([]Row, 0, len(texts)), make(map[part]int, len(texts))
	for i, text := range texts {
		r, err := parseItem(text, check)
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", i+1, err)
		}
		p := r.part()
		if first, ok := seen[p]; ok {
			return nil, fmt.Errorf("item %d: it is of the same partition as item %d: remove one of them", i+1, first)
		}
		seen[p] = i + 1
		rows = append(rows, r)
	}
	return rows, nil
}

func parseItem(text []byte, check func(*Row) error) (Row, error) {
	var it item
	if err := json.Unmarshal(text, &it); err != nil {
		return Row{}, plainType(err)
	}
	if it.Group == nil {
		return Row{}, errors.New("group is missing")
	}
	it.Row.Group = *it.Group
	if err := checkValues(&it.Row); err != nil {
		return Row{}, err
	}
	return it.Row, check(&it.Row)
}

func (r *Row) part() part {
	p := part{group: r.Group, topic: r.Topic != nil, partition: r.Partition != nil}
	if p.topic {
		p.Topic = *r.Topic
	}
	if p.partition {
		p.Partition = *r.Partition
	}
	return p
}

// checkValues checks what no row can have.
func checkValues(r *Row) error {
	switch {
	case r.Topic != nil && *r.Topic == "":
		return errors.New("topic is empty")
	case r.Partition != nil && *r.Partition < 0:
		return fmt.Errorf("partition is %d, below 0", *r.Partition)
	}
	if err := checkPosition("current", r.CurrentOffset, r.CurrentLeaderEpoch); err != nil {
		return err
	}
	return checkPosition("new", r.NewOffset, r.NewLeaderEpoch)
}

func checkPosition(which string, offset *int64, epoch *int32) error {
	switch {
	case offset != nil && *offset < 0:
		return fmt.Errorf("%sOffset is %d, below 0", which, *offset)
	case epoch != nil && *epoch < 0:
		return fmt.Errorf("%sLeaderEpoch is %d, below 0: none is null", which, *epoch)
	}
	return nil
}

// checkPlanned checks an item of a plan, which people edit.
func checkPlanned(r *Row) error {
	switch {
	case r.NewOffset == nil && r.Result != Unchanged && r.Result != Refused:
		return errors.New("newOffset is missing: reset deletes no commits; leave a partition alone by removing its item")
	case r.NewOffset == nil:
		return nil
	case r.Topic == nil:
		return errors.New("topic is missing")
	case r.Partition == nil:
		return errors.New("partition is missing")
	}
	return nil
}

// checkUndo checks an item of what undoes a change. A result that is not known here would be taken for another.
func checkUndo(r *Row) error {
	switch {
	case !slices.Contains([]Result{Planned, Unchanged, Refused, Applied, Failed, Unknown}, r.Result):
		return fmt.Errorf("result is %q, which is none", r.Result)
	case r.Topic == nil && r.Partition != nil:
		return errors.New("topic is missing")
	case r.Partition == nil && (r.CurrentOffset != nil || r.NewOffset != nil):
		return errors.New("partition is missing")
	}
	return nil
}

// plainJSON is what is wrong with a document in words, with the line.
func plainJSON(text []byte, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line := 1 + bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n"))
		return fmt.Errorf("line %d: it is no JSON document: %w", line, err)
	}
	return plainType(err)
}

// plainType says a value of another type than its field without Go's words for it.
func plainType(err error) error {
	var mistyped *json.UnmarshalTypeError
	if !errors.As(err, &mistyped) {
		return err
	}
	if mistyped.Field == "" {
		return fmt.Errorf("it is a JSON %s, where an object is expected", mistyped.Value)
	}
	field := strings.TrimPrefix(mistyped.Field, "Row.")
	return fmt.Errorf("%s is a JSON %s, where %s is expected", field, mistyped.Value, typeWord(mistyped.Type.Kind()))
}

func typeWord(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "a string"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array"
	}
	return "an object"
}
