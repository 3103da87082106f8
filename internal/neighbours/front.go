// Package neighbours is the front of AWS's other services beside API Gateway: it finds
// out which of them a request is for.
//
// Tools call a few of them before, or beside, what they do with API Gateway; they come
// here when AWS_ENDPOINT_URL points all services here. Each that is spoken is a package
// of its own below this one.
package neighbours

import (
	"bytes"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/query"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
)

// A Service is one that is spoken, and by what its requests are known that nobody has
// signed.
type Service struct {
	Name    string // in the scope of signatures, such as "logs"
	Handler http.Handler

	Version string   // of the Query protocol, "" for none
	Target  string   // what stands before the dot in X-Amz-Target, "" for none
	Paths   []string // that begin those of the service
}

// A Front gives each request to the service that it is for. It is an http.Handler, safe
// for concurrent use.
type Front struct {
	Services []Service

	// Others gets the requests for services that are not among Services, with the
	// service's name.
	Others func(w http.ResponseWriter, r *http.Request, service string)

	// Next gets the requests for API Gateway and for stages, and those that do not say
	// what they are for, whole.
	Next http.Handler
}

// ServeHTTP hands a request on.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service := f.service(r)
	if service == "" || service == "apigateway" || service == "execute-api" {
		f.Next.ServeHTTP(w, r)
		return
	}
	for i := range f.Services {
		if f.Services[i].Name == service {
			f.Services[i].Handler.ServeHTTP(w, r)
			return
		}
	}
	f.Others(w, r, service)
}

// service is the service that a request says it is for, "" where nothing is said. Who
// has signed for a service names it.
func (f *Front) service(r *http.Request) string {
	if scope, ok := sigv4.ScopeOf(&sigv4.Request{Header: authorization(r), Query: r.URL.RawQuery}); ok {
		return scope.Service
	}
	if target, _, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); target != "" {
		for i := range f.Services {
			if f.Services[i].Target == target {
				return f.Services[i].Name
			}
		}
		return target // the header is that of services that we do not speak
	}
	for i := range f.Services {
		for _, path := range f.Services[i].Paths {
			if strings.HasPrefix(r.URL.Path, path) {
				return f.Services[i].Name
			}
		}
	}
	if query.Asks(r) {
		return f.ofVersion(version(r))
	}
	if isS3(r.Host) || hasOldSignature(r) {
		return "s3" // whose objects may be anyone's to read
	}
	return ""
}

// isS3 reports whether a host is one of S3's: s3.localhost, bucket.s3.localhost,
// bucket.s3-eu-west-1.amazonaws.com.
func isS3(host string) bool {
	return strings.HasPrefix(host, "s3.") || strings.HasPrefix(host, "s3-") || strings.Contains(host, ".s3.") || strings.Contains(host, ".s3-")
}

// hasOldSignature reports whether a request has a signature of version 2, with which S3
// alone is still called: boto3 makes presigned URLs so.
func hasOldSignature(r *http.Request) bool {
	if strings.HasPrefix(r.Header.Get("Authorization"), "AWS ") {
		return true
	}
	return strings.Contains(r.URL.RawQuery, "AWSAccessKeyId=") && strings.Contains(r.URL.RawQuery, "Signature=")
}

// ofVersion is the service whose API in the Query protocol has a version.
func (f *Front) ofVersion(version string) string {
	for i := range f.Services {
		if version != "" && f.Services[i].Version == version {
			return f.Services[i].Name
		}
	}
	return ""
}

// maxForm bounds what is read of an unsigned request to see what it asks for, in bytes.
const maxForm = 16 << 10

// version is that of the API which a request of the Query protocol asks, "" for none.
// The request's body is whole afterwards.
func version(r *http.Request) string {
	if r.Method == http.MethodGet {
		return r.URL.Query().Get("Version")
	}
	begun, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	r.Body = joined{io.MultiReader(bytes.NewReader(begun), r.Body), r.Body}
	if err != nil || len(begun) > maxForm {
		return ""
	}
	form, _ := url.ParseQuery(string(begun)) // what is no form names no version
	return form.Get("Version")
}

// joined is a body of which a part has been read and put back.
type joined struct {
	io.Reader
	io.Closer
}

// authorization yields the lines in which a request may be signed.
func authorization(r *http.Request) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, line := range r.Header["Authorization"] {
			if !yield("Authorization", line) {
				return
			}
		}
	}
}
