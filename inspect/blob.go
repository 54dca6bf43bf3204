package inspect

import (
	"encoding/binary"
	"strconv"
)

// Blobs appear as kafka-dump-log.sh prints them: base64, but subscription and assignment of a
// consumer group's members decoded in place. What else is understood stands beside, in a field that
// ends in Decoded. For a blob in place that is its version and what follows the fields known, which
// Kafka's tool does not show and without which the bytes could not be had back:
//
//	"assignment":{"assignedPartitions":[…],"userData":null},"assignmentDecoded":{"version":3}
//
// Anything malformed stays base64, with nothing beside it.

// decodedSuffix ends the name of a field that decodes the one it stands beside.
const decodedSuffix = "Decoded"

// trailingBytes is what a blob in place has after its last known field.
const trailingBytes = "trailingBytes"

// blob appends bytes that have a meaning of their own.
func (w *walker) blob(s *step, b []byte) {
	if layouts := inPlaceLayouts(s.role); layouts != nil && string(w.protocolType) == "consumer" && w.inPlace(s, layouts, b) {
		return
	}
	w.out = appendBase64(w.out, b)
	switch {
	case s.role == roleUserData:
		w.userData(s, b)
	case s.role == roleClassicMeta:
		w.versioned(s, versionedSubscriptions, b, true)
	case s.role == roleAllocation:
		w.versioned(s, connectAssignments, b, false)
	case string(w.protocolType) == "connect" && s.role == roleSubscription:
		w.versioned(s, connectMetadata, b, false)
	case string(w.protocolType) == "connect" && s.role == roleAssignment:
		w.versioned(s, connectAssignments, b, false)
	}
}

// inPlaceLayouts are the layouts of a blob that a consumer group has decoded in place, nil of any other.
func inPlaceLayouts(r role) []*layout {
	switch r {
	case roleSubscription:
		return subscriptions
	case roleAssignment:
		return assignments
	}
	return nil
}

// blobVersion reads the version at a blob's start; ok is false when there is none.
func blobVersion(b []byte) (version int, ok bool) {
	if len(b) < 2 {
		return 0, false
	}
	version = int(int16(binary.BigEndian.Uint16(b)))
	return version, version >= 0
}

// inPlace appends a blob's fields instead of its bytes, and its version beside them. It appends
// nothing and says false when the bytes do not fit.
func (w *walker) inPlace(s *step, layouts []*layout, b []byte) bool {
	version, ok := blobVersion(b)
	if !ok {
		return false
	}
	start := len(w.out)
	used, ok := w.inner(layouts[min(version, len(layouts)-1)], b, 2)
	if !ok {
		w.out = w.out[:start]
		return false
	}
	w.beside(s)
	w.out = append(w.out, `{"version":`...)
	w.out = strconv.AppendInt(w.out, int64(version), 10)
	if used < len(b) {
		w.out = append(w.out, `,"`+trailingBytes+`":`...)
		w.out = appendBase64(w.out, b[used:])
	}
	w.out = append(w.out, '}')
	return true
}

// versioned appends beside a blob what its fields are. A version above those known is read as the
// highest when the protocol's readers do so.
func (w *walker) versioned(s *step, layouts []*layout, b []byte, higher bool) {
	version, ok := blobVersion(b)
	if !ok || version >= len(layouts) && !higher {
		return
	}
	w.decoded(s, layouts[min(version, len(layouts)-1)], b, true)
}

// userData appends beside an assignor's own data what it says.
func (w *walker) userData(s *step, b []byte) {
	switch string(w.protocol) {
	case "sticky":
		if !w.decoded(s, stickyData, b, false) {
			w.decoded(s, oldStickyData, b, false)
		}
	case "cooperative-sticky":
		w.decoded(s, cooperativeData, b, false)
	case "stream": // Kafka Streams' SubscriptionInfo, of which only the version is read
		w.decoded(s, streamsData, b, true)
	}
}

// decoded appends the fields of b beside it, or nothing when b does not fit. rest says that b may
// have more than the fields.
func (w *walker) decoded(s *step, l *layout, b []byte, rest bool) bool {
	start := len(w.out)
	w.beside(s)
	used, ok := w.inner(l, b, 0)
	if !ok || used < len(b) && !rest {
		w.out = w.out[:start]
		return false
	}
	return true
}

// beside begins the field that decodes s.
func (w *walker) beside(s *step) {
	w.out = append(w.out, `,"`...)
	w.out = append(w.out, s.name...)
	w.out = append(w.out, decodedSuffix+`":`...)
}

// inner walks bytes within the bytes and says how many it used.
func (w *walker) inner(l *layout, b []byte, pos int) (used int, ok bool) {
	inner := walker{in: b, pos: pos, end: len(b), out: w.out, protocolType: w.protocolType, protocol: w.protocol}
	f := inner.structure(l)
	w.out = inner.out
	return inner.pos, f == nil
}
