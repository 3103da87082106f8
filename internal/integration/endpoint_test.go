package integration

import (
	"crypto/tls"
	"errors"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

func TestParseURL(t *testing.T) {
	tests := map[string]struct{ authority, addr, target string }{
		"http://example.com":              {"example.com", "example.com:80", "/"},
		"https://example.com/":            {"example.com", "example.com:443", "/"},
		"HTTP://Example.COM/A/b?C=d":      {"example.com", "example.com:80", "/A/b?C=d"},
		"http://example.com:80/x":         {"example.com", "example.com:80", "/x"},
		"https://example.com:80/x":        {"example.com:80", "example.com:80", "/x"},
		"http://example.com:8080?q=/http": {"example.com:8080", "example.com:8080", "/?q=/http"},
		"http://example.com/a#b":          {"example.com", "example.com:80", "/a"},
		"http://127.0.0.1:1/":             {"127.0.0.1:1", "127.0.0.1:1", "/"},
		"http://[::1]/":                   {"[::1]", "[::1]:80", "/"},
		"http://[::1]:8080/a":             {"[::1]:8080", "[::1]:8080", "/a"},
		"http://my_host.local/%zz":        {"my_host.local", "my_host.local:80", "/%zz"},
		"http://example.com./":            {"example.com.", "example.com.:80", "/"},
	}
	for url, want := range tests {
		ep, target, err := ParseURL(url, nil)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if ep.Authority() != want.authority || ep.key.addr != want.addr || target != want.target {
			t.Errorf("%s: %q %q %q, want %q", url, ep.Authority(), ep.key.addr, target, want)
		}
	}
	for _, url := range []string{
		"", "example.com", "//example.com/", "ftp://example.com/", "http:/example.com", "http://", "http:///x", "http://:80/",
		"http://user@example.com/", "http://exam ple.com/", "http://ex%61mple.com/", "http://.example.com/", "http://a..b/",
		"http://example.com:/", "http://example.com:0/", "http://example.com:65536/", "http://example.com:+80/", "http://example.com:080/",
		"http://example.com:8a/", "http://::1/", "http://[::1/", "http://[::1]x/", "http://[127.0.0.1]/", "http://[::1%25eth0]/", "http://münchen.de/", "http://a\r\nb/",
	} {
		if ep, _, err := ParseURL(url, nil); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %+v, %v, want ErrAddress", url, ep, err)
		}
	}
}

func TestSharedConnections(t *testing.T) {
	strict, lax := &tls.Config{}, &tls.Config{InsecureSkipVerify: true}
	key := func(scheme, authority string, config *tls.Config) poolKey {
		return endpoint(t, scheme, authority, config).key
	}
	if key("http", "a", nil) != key("HTTP", "A:80", strict) {
		t.Error("one address has two keys")
	}
	if key("https", "a", strict) == key("https", "a", lax) || key("https", "a", nil) == key("https", "a", lax) {
		t.Error("connections with different TLS settings are shared")
	}
	if key("https", "a:80", nil) == key("http", "a:80", nil) {
		t.Error("plain and TLS connections are shared")
	}
}

func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{"http://example.com/a?b", "https://[::1]:80", "http://a:b@c", "http://a:99999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, url string) {
		ep, target, err := ParseURL(url, nil)
		if err != nil {
			return
		}
		if !httpmsg.ValidHost(ep.Authority()) || target == "" || target[0] != '/' {
			t.Fatalf("%q %q", ep.Authority(), target)
		}
		again, err := NewEndpoint("http", ep.Authority(), nil)
		if err != nil || again.name != ep.name {
			t.Fatalf("authority %q is not one: %v", ep.Authority(), err)
		}
	})
}
