package clientconfig

import (
	"net/http"
	"testing"
	"time"
)

// The hosts that AWS's SDKs take without TLS: ECS, EKS Pod Identity in both families of addresses, and this machine.
func TestContainerHosts(t *testing.T) {
	for host, want := range map[string]bool{
		"169.254.170.2": true, "169.254.170.23": true, "fd00:ec2::23": true, "127.0.0.1": true, "::1": true, "localhost": true,
		"169.254.169.254": false, "169.254.170.24": false, "10.0.0.1": false, "example.com": false, "": false,
	} {
		if got := isContainerHost(host); got != want {
			t.Errorf("%q: %t, want %t", host, got, want)
		}
	}
}

func TestContainerURL(t *testing.T) {
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/full")
	t.Setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "")
	if got := containerURL(); got != "http://localhost/full" {
		t.Errorf("got %s", got)
	}
	t.Setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x")
	if got := containerURL(); got != "http://169.254.170.2/v2/x" {
		t.Errorf("the relative one goes before: got %s", got)
	}
}

// What a machine gives itself must not be seen by a proxy, which could not reach it either.
func TestServicesOfThisMachineHaveNoProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://proxy.invalid:3128")
	if chain := newAWSChain(AWS{}, time.Now); chain.local.Transport.(*http.Transport).Proxy != nil {
		t.Error("they are asked through a proxy")
	}
}
