package reset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Document is a plan, or what undoes a change, as it is on disk.
type Document struct {
	ID        string // of what undoes a change in a Store; else empty
	Time      time.Time
	ClusterID string // empty: unknown
	Command   string // of what undoes a change: reset, delete-offsets, delete-group or undo; of a plan empty

	// Finished is when the results of the items became known. nil: the command was not done with, as when its process was
	// killed, and whatever was planned may have been sent. Of a plan it is nil.
	Finished *time.Time

	Items  []Row
	Errors []*cluster.Error // what concerns no item; not read back
}

// The kinds of document. A plan is what a dry run of reset prints as JSON, so the kind stands with the output's others.
const (
	KindPlan = "reset-plan"
	kindUndo = "undo"
)

const schemaVersion = 1

// rfc3339ms is how our JSON writes times, in UTC.
const rfc3339ms = "2006-01-02T15:04:05.000Z"

// envelope is the document around its items.
type envelope struct {
	Kind          string            `json:"kind"`
	SchemaVersion int               `json:"schemaVersion"`
	ID            string            `json:"id,omitempty"`
	Time          string            `json:"time"`
	ClusterID     *string           `json:"clusterId"`
	Command       string            `json:"command"`
	Finished      *string           `json:"finished"` // null: not done
	Items         []json.RawMessage `json:"items"`
	Errors        json.RawMessage   `json:"errors"`
}

// IsDocument reports whether text is JSON, which begins with a brace. What is not is taken for CSV.
func IsDocument(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(withoutBOM(text), " \t\r\n"), []byte("{"))
}

// ParsePlan reads what a dry run of reset printed as JSON, and what people made of it. Fields that are not known are
// passed over: the format grows. Errors say the item, counted from 1.
func ParsePlan(text []byte) (*Document, error) { return parseDocument(text, KindPlan, checkPlanned) }

// ParseUndo reads what undoes a change.
func ParseUndo(text []byte) (*Document, error) { return parseDocument(text, kindUndo, checkUndo) }

func parseDocument(text []byte, kind string, check func(*Row) error) (*Document, error) {
	text = withoutBOM(text)
	if !utf8.Valid(text) {
		return nil, errors.New("the text is not UTF-8") // encoding/json would put other characters in the names
	}
	var e envelope
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, plainJSON(text, err)
	}
	d, err := e.head(kind)
	if err != nil {
		return nil, err
	}
	if d.Items, err = parseItems(e.Items, check); err != nil {
		return nil, err
	}
	return d, nil
}

// head is the document without its items.
func (e *envelope) head(kind string) (d *Document, err error) {
	if err := e.is(kind); err != nil {
		return nil, err
	}
	d = &Document{ID: e.ID, Command: e.Command}
	if d.Time, err = time.Parse(time.RFC3339, e.Time); err != nil {
		return nil, fmt.Errorf("time is not RFC 3339: %q", e.Time)
	}
	if e.ClusterID != nil {
		d.ClusterID = *e.ClusterID
	}
	if e.Finished != nil {
		finished, err := time.Parse(time.RFC3339, *e.Finished)
		if err != nil {
			return nil, fmt.Errorf("finished is not RFC 3339: %q", *e.Finished)
		}
		d.Finished = &finished
	}
	return d, nil
}

// is returns an error unless the document is of that kind, in a version that is known here.
func (e *envelope) is(kind string) error {
	switch {
	case e.Kind != kind:
		return wrongKind(e.Kind, kind)
	case e.SchemaVersion > schemaVersion:
		return fmt.Errorf("schemaVersion is %d: a newer offsetctl wrote it, and this one knows %d", e.SchemaVersion, schemaVersion)
	case e.SchemaVersion != schemaVersion:
		return fmt.Errorf("schemaVersion is %d, not %d", e.SchemaVersion, schemaVersion)
	}
	return nil
}

func wrongKind(got, want string) error {
	what := map[string]string{
		KindPlan:       "a plan: offsetctl reset --from-file takes it",
		kindUndo:       "what undoes a change: offsetctl undo takes it",
		"reset-result": "a result, not a plan: it has been carried out",
	}[got]
	if what == "" {
		what = "not what is expected here"
	}
	if want == KindPlan {
		return fmt.Errorf(`kind is %q, %s; a plan is what "offsetctl reset … -o json" prints without --execute`, got, what)
	}
	return fmt.Errorf("kind is %q, %s", got, what)
}

// encode is the document that undoes a change, as ParseUndo reads it. What could not be read back is an error: it would
// undo nothing.
func (d *Document) encode() ([]byte, error) {
	head := envelope{Kind: kindUndo, SchemaVersion: schemaVersion, ID: d.ID, Time: d.Time.UTC().Format(rfc3339ms),
		ClusterID: known(d.ClusterID), Command: d.Command, Items: []json.RawMessage{}, Errors: json.RawMessage("[]")}
	if d.Finished != nil {
		head.Finished = known(d.Finished.UTC().Format(rfc3339ms))
	}
	var err error
	if len(d.Errors) > 0 {
		if head.Errors, err = json.Marshal(d.Errors); err != nil {
			return nil, err
		}
	}
	for i := range d.Items {
		if err := checkText(&d.Items[i]); err != nil {
			return nil, fmt.Errorf("item %d: %w", i+1, err)
		}
		item, err := json.Marshal(&d.Items[i])
		if err != nil {
			return nil, err
		}
		head.Items = append(head.Items, item)
	}
	text, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	text = append(text, '\n')
	_, err = ParseUndo(text)
	return text, err
}

// checkText returns an error for what JSON cannot hold. Kafka's brokers send none of it.
func checkText(r *Row) error {
	names := [...]string{"group", "topic", "currentMetadata", "newMetadata"}
	for i, s := range [...]*string{&r.Group, r.Topic, r.CurrentMetadata, r.NewMetadata} {
		if s != nil && !utf8.ValidString(*s) {
			return fmt.Errorf("%s is not UTF-8, and cannot be kept in a file: %q", names[i], *s)
		}
	}
	return nil
}
