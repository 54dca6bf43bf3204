package keystore

import "testing"

// What is wrong after decryption is the password, what is wrong before is damage. The suites decrypt nothing.
func TestWhatDecryptionGives(t *testing.T) {
	same := func(_, _, data []byte) ([]byte, error) { return data, nil }
	blocks, stream := suite{8, 8, same}, suite{8, 0, same}
	const damaged, wrong = "the encrypted data is damaged", "wrong password, or damaged"
	for name, c := range map[string]struct {
		suite suite
		iv    int
		data  string
		want  string // the error
	}{
		"whole":                    {blocks, 8, "\x30\x04AAAA\x02\x02", ""},
		"a block of padding":       {blocks, 8, "\x30\x06AAAAAA\x08\x08\x08\x08\x08\x08\x08\x08", ""},
		"no padding":               {blocks, 8, "\x30\x06AAAAA\x00", wrong},
		"more padding than it has": {blocks, 8, "\x30\x05AAAAA\x09\x09\x09\x09\x09\x09\x09\x09\x09", wrong},
		"not DER":                  {blocks, 8, "AAAAAA\x02\x02", wrong},
		"DER that is cut":          {blocks, 8, "\x30\x05AAAA\x02\x02", wrong},
		"data behind the DER":      {blocks, 8, "\x30\x03AAAA\x02\x02", wrong},
		"no sequence":              {blocks, 8, "\x04\x04AAAA\x02\x02", wrong},
		"nothing but padding":      {blocks, 8, "\x08\x08\x08\x08\x08\x08\x08\x08", wrong},
		"no data":                  {blocks, 8, "", damaged},
		"half a block":             {blocks, 8, "\x30\x0aAAAAAAAA\x02\x02", damaged},
		"no vector":                {blocks, 0, "\x30\x04AAAA\x02\x02", damaged},
		"a short vector":           {blocks, 7, "\x30\x04AAAA\x02\x02", damaged},
		"a long vector":            {blocks, 9, "\x30\x04AAAA\x02\x02", damaged},
		"a stream":                 {stream, 0, "\x30\x01A", ""},
		"a stream that is not DER": {stream, 0, "AAA", wrong},
		"a stream of nothing":      {stream, 0, "", damaged},
	} {
		_, err := c.suite.open(nil, make([]byte, c.iv), []byte(c.data))
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// PBES2 has its vector in the file, so that its length may be any.
func TestVectorsOfHostileFiles(t *testing.T) {
	for size, want := range map[int]string{0: "the encrypted data is damaged", 8: "the encrypted data is damaged", 16: ErrWrongPassword.Error(), 17: "the encrypted data is damaged"} {
		alg := pbes2(t, 1, make([]byte, size))
		_, sealedKey := openPKCS8(marshal(t, encryptedKey{alg, make([]byte, 32)}), "changeit")
		_, store := Read(p12(t, macData{}, sealedPart(t, alg)), "changeit", "")
		for _, err := range []error{sealedKey, store} {
			if err == nil || err.Error() != want {
				t.Errorf("%d bytes: got %v, want %s", size, err, want)
			}
		}
	}
}
