package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Compression is the codec of a batch, by Kafka's number.
type Compression int8

// The codecs of Kafka; numbers above have no meaning yet and give an error where they are read.
const (
	None Compression = iota
	Gzip
	Snappy
	LZ4
	Zstd
)

// String is Kafka's name of the codec, as compression.type has it.
func (c Compression) String() string {
	names := [...]string{"none", "gzip", "snappy", "lz4", "zstd"}
	if c < 0 || int(c) >= len(names) {
		return fmt.Sprintf("codec %d", int8(c))
	}
	return names[c]
}

const (
	decompressLimit = 1 << 30  // of a batch, in bytes: 1000 times what a broker takes by default
	decompressKeep  = 32 << 20 // a larger buffer is not kept for the next batch
	snappyRatio     = 64       // a snappy block cannot grow more: its longest copy is 64 bytes from 3
)

// ErrTooLarge says that a batch decompresses to more than the Decompressor's Limit.
var ErrTooLarge = errors.New("the batch decompresses to more than the limit")

// Decompressor reads the records of batches. It keeps buffers from one batch to the next, so it is for
// one goroutine at a time. The zero value is ready for use.
//
// How large a batch says that it is decides nothing: buffers grow with what comes out of the codec, or
// by no more than the codec can make of that many bytes.
type Decompressor struct {
	// Limit is how many bytes a batch may decompress to; 0 stands for 1 GiB. With a lower one zstd may
	// still take 128 MiB of memory before the batch is refused.
	Limit int

	src  bytes.Reader
	out  []byte // what the last call gave
	gzip *gzip.Reader
	lz4  *lz4.Reader
	zstd *zstd.Decoder
}

// decompress gives what src holds; its memory is used again by the next call.
func (d *Decompressor) decompress(src []byte, c Compression, magic int8) ([]byte, error) {
	if cap(d.out) > decompressKeep {
		d.out = nil
	}
	var err error
	switch {
	case c == Gzip:
		err = d.gunzip(src)
	case c == Snappy:
		err = d.unsnappy(src)
	case c == LZ4:
		err = d.unlz4(src, magic)
	case c == Zstd && magic == 2:
		err = d.unzstd(src)
	default:
		return nil, fmt.Errorf("unknown compression %v of magic %d", c, magic)
	}
	if err != nil {
		return nil, fmt.Errorf("decompressing %v: %w", c, err)
	}
	return d.out, nil
}

func (d *Decompressor) limit() int {
	if d.Limit > 0 {
		return d.Limit
	}
	return decompressLimit
}

func (d *Decompressor) gunzip(src []byte) error {
	d.src.Reset(src)
	if d.gzip == nil {
		d.gzip = new(gzip.Reader)
	}
	if err := d.gzip.Reset(&d.src); err != nil {
		return err
	}
	return d.readAll(d.gzip)
}

func (d *Decompressor) unlz4(src []byte, magic int8) error {
	d.src.Reset(src)
	if d.lz4 == nil {
		d.lz4 = lz4.NewReader(nil)
	}
	if magic < 2 {
		d.lz4.Reset(lz4Repaired(src))
	} else {
		d.lz4.Reset(&d.src)
	}
	return d.readAll(d.lz4)
}

// readAll fills d.out from a codec, in memory that doubles.
func (d *Decompressor) readAll(r io.Reader) error {
	d.out = d.out[:0]
	for {
		if len(d.out) == cap(d.out) {
			d.out = slices.Grow(d.out, max(cap(d.out), 64<<10))
		}
		n, err := r.Read(d.out[len(d.out):cap(d.out)])
		d.out = d.out[:len(d.out)+n]
		switch {
		case len(d.out) > d.limit():
			return ErrTooLarge
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// xerial is what snappy-java puts before its blocks, two version numbers of 4 bytes follow. librdkafka
// and others write a bare block instead.
const xerial = "\x82SNAPPY\x00"

func (d *Decompressor) unsnappy(src []byte) error {
	d.out = d.out[:0]
	if len(src) < len(xerial)+8 || string(src[:len(xerial)]) != xerial {
		return d.appendSnappy(src)
	}
	src = src[len(xerial)+8:]
	for len(src) > 0 {
		if len(src) < 4 {
			return io.ErrUnexpectedEOF
		}
		size := int64(int32(binary.BigEndian.Uint32(src)))
		src = src[4:]
		if size < 0 || size > int64(len(src)) {
			return fmt.Errorf("a block of %d bytes, %d left", size, len(src))
		}
		if err := d.appendSnappy(src[:size]); err != nil {
			return err
		}
		src = src[size:]
	}
	return nil
}

func (d *Decompressor) appendSnappy(block []byte) error {
	size, err := s2.DecodedLen(block)
	switch {
	case err != nil:
		return err
	case size > d.limit()-len(d.out):
		return ErrTooLarge
	case size > snappyRatio*len(block):
		return fmt.Errorf("%d bytes cannot be %d", len(block), size)
	}
	d.out = slices.Grow(d.out, size)
	end := len(d.out) + size
	if _, err := s2.Decode(d.out[len(d.out):end:end], block); err != nil {
		return err
	}
	d.out = d.out[:end]
	return nil
}
