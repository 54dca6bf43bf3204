package inspect

// blob appends bytes that have a meaning of their own.
func (w *walker) blob(_ *step, b []byte) { w.out = appendBase64(w.out, b) }

func appendStreamsMetadata(dst, _ []byte) []byte { return dst }
