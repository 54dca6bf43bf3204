package inspect

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Marker is a control record that ends the transaction of its batch's producer in this partition. The
// epoch of that batch may be above the data's (a broker that aborts raises it): match by producer id.
type Marker struct {
	Commit           bool // otherwise an abort
	CoordinatorEpoch int32
}

// errNotMarker says that a control record is of another kind, of which Kafka has some in its metadata
// log, or of one that came after this program.
var errNotMarker = errors.New("not a transaction marker")

// parseMarker reads a record of a control batch. Versions above the known one only add fields, so Kafka
// has it (ControlRecordType.java), and are read like it.
func parseMarker(key, value []byte) (Marker, error) {
	if len(key) < 4 {
		return Marker{}, fmt.Errorf("control record: %d bytes of key, 4 needed", len(key))
	}
	if version := int16(binary.BigEndian.Uint16(key)); version < 0 {
		return Marker{}, fmt.Errorf("control record: key version %d", version)
	}
	kind := int16(binary.BigEndian.Uint16(key[2:]))
	if kind != 0 && kind != 1 {
		return Marker{}, fmt.Errorf("control record of type %d: %w", kind, errNotMarker)
	}
	if len(value) < 6 {
		return Marker{}, fmt.Errorf("transaction marker: %d bytes of value, 6 needed", len(value))
	}
	if version := int16(binary.BigEndian.Uint16(value)); version < 0 {
		return Marker{}, fmt.Errorf("transaction marker: value version %d", version)
	}
	return Marker{Commit: kind == 1, CoordinatorEpoch: int32(binary.BigEndian.Uint32(value[2:]))}, nil
}

// markers gives the markers in a control batch, with their offsets. Control records of other kinds end nothing.
func (d *Decompressor) markers(b *Batch, do func(offset int64, m Marker)) error {
	return d.Each(b, func(r Record) error {
		m, err := parseMarker(r.Key, r.Value)
		switch {
		case errors.Is(err, errNotMarker):
			return nil
		case err == nil:
			do(r.Offset, m)
		}
		return err
	})
}

// Record is the marker as a record for AppendBatch, whose batch must be Control and Transactional.
func (m Marker) Record(offset, timestamp int64) Record {
	key := []byte{0, 0, 0, 0}
	if m.Commit {
		key[3] = 1
	}
	return Record{
		Offset:    offset,
		Timestamp: timestamp,
		Key:       key,
		Value:     binary.BigEndian.AppendUint32([]byte{0, 0}, uint32(m.CoordinatorEpoch)),
	}
}
