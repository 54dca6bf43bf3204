package clientconfig

import "time"

// awsKeysJSON is how STS, credential_process, containers and instances give credentials.
type awsKeysJSON struct {
	Version         int // of credential_process: 1
	Code, Message   string
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string // of credential_process and STS
	Token           string // of the others
	Expiration      any    // RFC 3339, or of STS a number of seconds since 1970; nil or empty: none
}

// found checks what was given. The text says what is wrong; empty: nothing is.
func (j awsKeysJSON) found() (f awsFound, wrong string) {
	if j.AccessKeyID == "" || j.SecretAccessKey == "" {
		return awsFound{}, "it gave no AccessKeyId and SecretAccessKey"
	}
	session := j.SessionToken
	if session == "" {
		session = j.Token
	}
	f.value = awsKeys{j.AccessKeyID, NewSecret(j.SecretAccessKey), NewSecret(session)}
	expires, ok := awsTime(j.Expiration)
	if !ok {
		return awsFound{}, "its Expiration is not a time"
	}
	f.expires = expires
	return f, ""
}

// endOfYears is the first second of the year 10000, which RFC 3339 has no way to write.
const endOfYears = 253402300800

// awsTime is the time that a value of JSON means; zero: none.
func awsTime(value any) (time.Time, bool) {
	switch v := value.(type) {
	case nil:
		return time.Time{}, true
	case float64: // STS writes 1.7959536E9
		return time.Unix(int64(v), 0), v > 0 && v < endOfYears
	case string:
		if v == "" {
			return time.Time{}, true
		}
		t, err := time.Parse(time.RFC3339, v)
		return t, err == nil
	}
	return time.Time{}, false
}
