package clientconfig

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// signAWS signs a request with AWS's Signature Version 4. Its path must be plain and its query empty: STS has everything in
// the body.
func signAWS(req *http.Request, body string, keys awsKeys, service, region string, now time.Time) {
	stamp := now.UTC().Format("20060102T150405Z")
	req.Header.Set("X-Amz-Date", stamp)
	if !keys.session.Empty() {
		req.Header.Set("X-Amz-Security-Token", keys.session.Reveal())
	}
	names, headers := canonicalHeaders(req)
	request := strings.Join([]string{req.Method, req.URL.EscapedPath(), "", headers, names, hexSum(body)}, "\n")
	scope := strings.Join([]string{stamp[:8], region, service, "aws4_request"}, "/")
	toSign := strings.Join([]string{"AWS4-HMAC-SHA256", stamp, scope, hexSum(request)}, "\n")

	key := []byte("AWS4" + keys.secret.Reveal())
	for part := range strings.SplitSeq(scope, "/") {
		key = hmacSum(key, part)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+keys.id+"/"+scope+", SignedHeaders="+names+
		", Signature="+hex.EncodeToString(hmacSum(key, toSign)))
}

// canonicalHeaders are the names and the lines of the headers that are signed: all that there are, and the host.
func canonicalHeaders(req *http.Request) (names, lines string) {
	values := map[string]string{"host": req.URL.Host}
	for name := range req.Header {
		values[strings.ToLower(name)] = req.Header.Get(name)
	}
	var sorted []string
	for name := range values {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	var b strings.Builder
	for _, name := range sorted {
		b.WriteString(name + ":" + strings.TrimSpace(values[name]) + "\n")
	}
	return strings.Join(sorted, ";"), b.String()
}

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func hmacSum(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
