package clientconfig

import "time"

// awsKeysJSON is how credential_process, containers and instances give credentials.
type awsKeysJSON struct {
	Version         int // of credential_process: 1
	Code, Message   string
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string // of credential_process
	Token           string // of the others
	Expiration      string // RFC 3339; empty: none
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
	if j.Expiration != "" {
		t, err := time.Parse(time.RFC3339, j.Expiration)
		if err != nil {
			return awsFound{}, "its Expiration is not a time"
		}
		f.expires = t
	}
	return f, ""
}
