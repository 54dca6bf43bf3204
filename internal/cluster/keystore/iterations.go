package keystore

import (
	"crypto/x509/pkix"
	"fmt"
)

// maxIterations is the limit that Java has (PKCS12KeyStore.MAX_ITERATION_COUNT): seconds of work, not hours. It is that of
// one key, of which a store can have many thousands, so that there is a limit for a store too: enough for a MAC, a part and
// a key that all take the most. Java's own stores have at most 100,000 for a MAC, and 50,000 for a part or a key.
const (
	maxIterations      = 5_000_000
	maxStoreIterations = 4 * maxIterations
)

func checkIterations(n int) error {
	if n < 1 || n > maxIterations {
		return fmt.Errorf("its key takes %d iterations, but Java and offsetctl do 1 to %d", n, maxIterations)
	}
	return nil
}

// iterationSum is what a store takes so far. It is of what the store says, not of what has been done: so it is known before
// the work, and opening a key again uses nothing up.
type iterationSum int

func (s *iterationSum) add(n int) error {
	if *s += iterationSum(n); *s > maxStoreIterations {
		return fmt.Errorf("its MAC, parts and keys take more than %d iterations together, which offsetctl does not do: %s", maxStoreIterations, rewriteByKeytool)
	}
	return nil
}

// iterations is how many the key of an algorithm takes; none where they are refused before they are done.
func iterations(alg pkix.AlgorithmIdentifier) int {
	switch alg.Algorithm.String() {
	case oidPBES2, oidPBMAC1:
		var p struct{ KDF, With pkix.AlgorithmIdentifier }
		if unmarshalAll(alg.Parameters.FullBytes, &p) != nil {
			return 0
		}
		if kdf, _, err := readPBKDF2(p.KDF); err == nil {
			return kdf.Iterations
		}
		return 0
	}
	if p, err := readPBEParams(alg.Parameters.FullBytes); err == nil {
		return p.Iterations
	}
	return 0
}

func (m macData) iterations() int {
	switch {
	case m.Mac.Algorithm.Algorithm.String() == oidPBMAC1:
		return iterations(m.Mac.Algorithm)
	case checkIterations(m.Iterations) != nil:
		return 0
	}
	return m.Iterations
}

func (i contentInfo) iterations() int {
	var data encryptedData
	if i.Type.String() != oidEncryptedData || unmarshalAll(i.Content.Bytes, &data) != nil {
		return 0
	}
	return iterations(data.Content.Algorithm)
}

func (b safeBag) iterations() int {
	var info encryptedKey
	if b.ID.String() != oidSealedKeyBag || unmarshalAll(b.Value.Bytes, &info) != nil {
		return 0
	}
	return iterations(info.Algorithm)
}
