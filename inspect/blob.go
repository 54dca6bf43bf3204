package inspect

// decodedSuffix ends the name of a field that decodes the one it stands beside.
const decodedSuffix = "Decoded"

func encodeBlob(_ *step, v map[string]any, _ any) ([]byte, *fault) { return nil, refuse("base64", v) }

// blob appends bytes that have a meaning of their own.
func (w *walker) blob(_ *step, b []byte) { w.out = appendBase64(w.out, b) }

func appendStreamsMetadata(dst, _ []byte) []byte { return dst }
