package clientconfig

import (
	"crypto/tls"
	"errors"
	"reflect"
)

// endpointTLS is how a token endpoint is spoken to.
func endpointTLS(t TLS) (*tls.Config, error) {
	if !reflect.DeepEqual(t, TLS{}) {
		return nil, errors.New("ssl.* options of sasl.jaas.config are not supported")
	}
	return &tls.Config{}, nil
}
