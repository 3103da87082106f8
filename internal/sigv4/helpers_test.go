package sigv4

import (
	"iter"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

const (
	testKey    = "AKIDEXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	testRegion = "us-east-1"
)

var testTime = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)

// testOptions take what the tests sign.
func testOptions(service string, credential Credential) Options {
	return Options{
		Service: service,
		Now:     func() time.Time { return testTime },
		Lookup: func(id, _ string) (Credential, bool) {
			return credential, id == testKey
		},
	}
}

// seq yields name and value of each line.
func seq(lines [][2]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, l := range lines {
			if !yield(l[0], l[1]) {
				return
			}
		}
	}
}

// parseRequest reads a request as the vectors write it.
func parseRequest(t testing.TB, text string) *Request {
	t.Helper()
	head, body, ok := strings.Cut(text, "\n\n")
	if !ok {
		t.Fatalf("no end of headers in %q", text)
	}
	first, rest, _ := strings.Cut(head, "\n")
	method, target, _ := strings.Cut(strings.TrimSuffix(first, " HTTP/1.1"), " ")
	r := &Request{Method: method, Body: []byte(strings.TrimSuffix(body, "\n"))}
	r.Path, r.Query, _ = strings.Cut(target, "?")
	var lines [][2]string
	for l := range strings.SplitSeq(rest, "\n") {
		name, value, _ := strings.Cut(l, ":")
		if strings.EqualFold(name, "host") {
			r.Host = value
			continue
		}
		lines = append(lines, [2]string{name, value})
	}
	r.Header = seq(lines)
	return r
}

func TestVectors(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/aws.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.Files) < 20 {
		t.Fatalf("only %d vectors", len(archive.Files))
	}
	for _, f := range archive.Files {
		t.Run(f.Name, func(t *testing.T) {
			credential := Credential{SecretAccessKey: testSecret}
			if strings.Contains(f.Name, "session-token") {
				credential.SessionToken = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
			}
			r := parseRequest(t, string(f.Data))
			got, err := NewVerifier(testOptions("service", credential)).Verify(r)
			want := Scope{AccessKeyID: testKey, Date: "20150830", Region: testRegion, Service: "service"}
			if err != nil || got != want {
				t.Errorf("Verify = %+v, %v, want %+v", got, err, want)
			}
			if s, ok := ScopeOf(r); !ok || s != want {
				t.Errorf("ScopeOf = %+v, %v, want %+v", s, ok, want)
			}
		})
	}
}

// opaqueURL is a URL for the SDK to sign, with the path as it stands.
func opaqueURL(path, query string) *url.URL { return &url.URL{Opaque: "//h" + path, RawQuery: query} }

// escapedOnce is S3's path: each escape that is one decoded, and then every
// byte but the unreserved ones and bare slashes escaped.
func escapedOnce(path string) string {
	escapes := regexp.MustCompile(`(?i)%[0-9a-f]{2}|(?s:.)`)
	var b strings.Builder
	for _, part := range escapes.FindAllString(path, -1) {
		if plain, err := url.PathUnescape(part); err == nil && len(part) == 3 {
			b.WriteString(escape(plain))
		} else if part == "/" {
			b.WriteString(part)
		} else {
			b.WriteString(escape(part))
		}
	}
	return b.String()
}

// validName reports whether net/http takes name for a header's.
func validName(name string) bool {
	return name != "" && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_.!#$%&'*+^`|~") == ""
}
