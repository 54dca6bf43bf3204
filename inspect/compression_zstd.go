package inspect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

const (
	zstdWindow = 128 << 20 // Java's zstd reads no frame with a larger one
	zstdBlock  = 128 << 10 // no block decompresses to more
)

// unzstd decompresses all frames of src. The decoder allocates at once what a frame says that it holds,
// so that is compared with the frame's blocks before.
func (d *Decompressor) unzstd(src []byte) error {
	for rest := src; len(rest) > 0; {
		size, err := zstdFrame(rest)
		if err != nil {
			return err
		}
		rest = rest[size:]
	}
	if d.zstd == nil {
		limit := uint64(max(d.limit(), zstdWindow)) // also the decoder's largest window
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(limit), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return err
		}
		d.zstd = z
	}
	out, err := d.zstd.DecodeAll(src, d.out[:0])
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || err == nil && len(out) > d.limit() {
		return ErrTooLarge
	}
	d.out = out
	return err
}

// zstdFrame gives the size of the frame that p begins with. It is an error where the frame says that it
// holds more than its blocks can.
func zstdFrame(p []byte) (int, error) {
	var header zstd.Header
	if err := header.Decode(p); err != nil {
		return 0, err
	}
	at, most := int64(header.HeaderSize), uint64(0)
	if header.Skippable {
		at += int64(header.SkippableSize)
	}
	for last := header.Skippable; !last; {
		if at+3 > int64(len(p)) {
			return 0, io.ErrUnexpectedEOF
		}
		block := binary.LittleEndian.Uint16(p[at:])
		size := int64(block)>>3 | int64(p[at+2])<<13
		last = block&1 != 0
		at += 3
		switch block >> 1 & 3 {
		case 0: // as it is
			at, most = at+size, most+uint64(min(size, zstdBlock))
		case 1: // one byte, repeated
			at, most = at+1, most+uint64(min(size, zstdBlock))
		default:
			at, most = at+size, most+zstdBlock
		}
	}
	if header.HasCheckSum {
		at += 4
	}
	if at > int64(len(p)) {
		return 0, io.ErrUnexpectedEOF
	}
	if header.HasFCS && header.FrameContentSize > most {
		return 0, fmt.Errorf("a frame of %d bytes in blocks of %d at most", header.FrameContentSize, most)
	}
	return int(at), nil
}
