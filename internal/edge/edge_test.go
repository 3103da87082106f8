package edge

import (
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// lines are the lines of a header, with the parts that are drawn anew replaced.
func lines(h httpmsg.Header) string {
	var b strings.Builder
	for _, f := range h {
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	text := regexp.MustCompile(`[0-9a-f]{32}\.cloudfront\.net`).ReplaceAllString(b.String(), "{server}")
	return regexp.MustCompile(`[\w-]{54}==`).ReplaceAllString(text, "{id}")
}

// TestRequest compares the order of the names and the texts with events that AWS has
// sent to functions.
func TestRequest(t *testing.T) {
	tests := map[string]struct {
		proto, want string
		options     Options
		header      httpmsg.Header
	}{
		"HTTP/2, whose names are in lower case": {
			proto: "HTTP/2.0", options: Options{Country: "US", ASN: "21928"},
			header: httpmsg.Header{{Name: "accept", Value: "*/*"}, {Name: "accept-encoding", Value: "gzip, deflate, br"}, {Name: "content-type", Value: "application/json"},
				{Name: "origin", Value: "https://a.example"}, {Name: "user-agent", Value: "curl/7.54.0"}},
			want: `Accept: */*
Accept-Encoding: gzip, deflate, br
content-type: application/json
origin: https://a.example
User-Agent: curl/7.54.0
CloudFront-Forwarded-Proto: https
CloudFront-Is-Desktop-Viewer: true
CloudFront-Is-Mobile-Viewer: false
CloudFront-Is-SmartTV-Viewer: false
CloudFront-Is-Tablet-Viewer: false
CloudFront-Viewer-ASN: 21928
CloudFront-Viewer-Country: US
Via: 2.0 {server} (CloudFront)
X-Amz-Cf-Id: {id}
`},
		"what the viewer says in CloudFront's place": {
			proto: "HTTP/1.1",
			header: httpmsg.Header{{Name: "cloudfront-viewer-country", Value: "XX"}, {Name: "CLOUDFRONT-IS-TABLET-VIEWER", Value: "true"}, {Name: "CloudFront-Viewer-Address", Value: "203.0.113.1:1"},
				{Name: "x-amz-cf-id", Value: "mine"}, {Name: "X-Amz-Cf-Pop", Value: "mine"}, {Name: "X-Edge-Location", Value: "mine"}, {Name: "Cloud", Value: "kept"}, {Name: "via", Value: "1.1 a"}, {Name: "Via", Value: "1.0 b"}},
			want: `Cloud: kept
CloudFront-Forwarded-Proto: https
CloudFront-Is-Desktop-Viewer: true
CloudFront-Is-Mobile-Viewer: false
CloudFront-Is-SmartTV-Viewer: false
CloudFront-Is-Tablet-Viewer: false
Via: 1.1 a, 1.0 b, 1.1 {server} (CloudFront)
X-Amz-Cf-Id: {id}
`},
		"what the viewer's Connection would take away": {
			proto: "HTTP/1.1", options: Options{Country: "DE"},
			header: httpmsg.Header{{Name: "connection", Value: "close, cloudfront-viewer-country , X-Mine,X-Amz-Cf-Id"}, {Name: "Connection", Value: "CloudFront-Is-Mobile-Viewer"}},
			want: `connection: close, X-Mine
Connection: 
CloudFront-Forwarded-Proto: https
CloudFront-Is-Desktop-Viewer: true
CloudFront-Is-Mobile-Viewer: false
CloudFront-Is-SmartTV-Viewer: false
CloudFront-Is-Tablet-Viewer: false
CloudFront-Viewer-Country: DE
Via: 1.1 {server} (CloudFront)
X-Amz-Cf-Id: {id}
`},
		"cookies": {
			proto: "HTTP/1.1", header: httpmsg.Header{{Name: "cookie", Value: "b=2; a=1;c=3 ; a=0"}, {Name: "Cookie", Value: "one=1"}},
			want: `Cookie: a=1; a=0; b=2; c=3
Cookie: one=1
CloudFront-Forwarded-Proto: https
CloudFront-Is-Desktop-Viewer: true
CloudFront-Is-Mobile-Viewer: false
CloudFront-Is-SmartTV-Viewer: false
CloudFront-Is-Tablet-Viewer: false
Via: 1.1 {server} (CloudFront)
X-Amz-Cf-Id: {id}
`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := httpmsg.Request{Proto: tt.proto, Scheme: "https", Header: tt.header}
			New(tt.options).Request(&r, NewID())
			if got := lines(r.Header); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if r.ForwardedBy != DefaultAddress {
				t.Errorf("forwarded by %q", r.ForwardedBy)
			}
		})
	}
}

func TestAnswer(t *testing.T) {
	const added = "X-Cache: %\nVia: 1.1 {server} (CloudFront)\nX-Amz-Cf-Pop: FRA56-P4\nX-Amz-Cf-Id: {id}\n"
	tests := map[string]struct {
		status int
		header httpmsg.Header
		want   string
	}{
		"an answer":        {200, httpmsg.Header{{Name: "Content-Type", Value: "text/plain"}}, "Content-Type: text/plain\n" + strings.Replace(added, "%", "Miss from cloudfront", 1)},
		"a failure":        {403, nil, strings.Replace(added, "%", "Error from cloudfront", 1)},
		"a backend's own":  {200, httpmsg.Header{{Name: "x-cache", Value: "Hit from cloudfront"}, {Name: "x-amz-cf-id", Value: "theirs"}}, strings.Replace(added, "%", "Miss from cloudfront", 1)},
		"a backend behind": {200, httpmsg.Header{{Name: "via", Value: "1.1 x"}}, strings.Replace(strings.Replace(added, "%", "Miss from cloudfront", 1), "Via: ", "Via: 1.1 x, ", 1)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp := httpmsg.Response{Status: tt.status, Header: tt.header}
			New(Options{POP: "FRA56-P4"}).Answer(&resp, NewID())
			if got := lines(resp.Header); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestDevices has the User-Agents of recorded events first.
func TestDevices(t *testing.T) {
	desktop, mobile, smartTV, tablet := device{desktop: true}, device{mobile: true}, device{smartTV: true}, device{mobile: true, tablet: true}
	for agent, want := range map[string]device{
		"curl/7.54.0": desktop,
		"Amazon Simple Notification Service Agent": desktop,
		"": desktop,
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15":                     desktop,
		"Mozilla/5.0 (Linux; Android 6.0; Nexus 5 Build/MRA58N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/77.0.3865.90 Mobile Safari/537.36":    mobile,
		"Mozilla/5.0 (iPhone; CPU iPhone OS 14_0_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/14.0 Mobile/15E148 Safari/604.1": mobile,
		"Dalvik/1.6.0 (Linux; U; Android 10670; Labconco FreeezeZone Build/KTU84P)":                                                                 mobile,
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/119.0":                                                          desktop,
		"Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 Mobile/15E148 Safari/604.1":            tablet,
		"Mozilla/5.0 (Linux; Android 12; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/80.0.3987.119 Safari/537.36":                       tablet,
		"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36":                        smartTV,
		"Mozilla/5.0 (Linux; Android 9; AFTKA Build/PS7633) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.152 Mobile Safari/537.36":       smartTV,
		"Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36 WebAppManager":                 smartTV,
	} {
		if got := deviceOf(agent); got != want {
			t.Errorf("%s: got %+v, want %+v", agent, got, want)
		}
	}
}

// FuzzRequest holds that no viewer says what CloudFront alone says, and that each of its
// headers is there once.
func FuzzRequest(f *testing.F) {
	f.Add("cloudfront-viewer-country", "XX", "curl")
	f.Add("Cookie", ";;b;a=;;", "iPad")
	f.Add("VIA", "1.1 cloudfront", "")
	f.Fuzz(func(t *testing.T, name, value, agent string) {
		r := httpmsg.Request{Proto: "HTTP/1.1", Scheme: "http", Header: httpmsg.Header{{Name: name, Value: value}, {Name: "user-agent", Value: agent}}}
		New(Options{Country: "DE", ASN: "1"}).Request(&r, "id")
		for _, once := range []string{"CloudFront-Viewer-Country", "CloudFront-Viewer-ASN", "CloudFront-Forwarded-Proto", "CloudFront-Is-Desktop-Viewer", "Via", "X-Amz-Cf-Id"} {
			if n := len(r.Header.Values(once)); n != 1 {
				t.Errorf("%s is there %d times", once, n)
			}
		}
		if r.Header.Get("CloudFront-Viewer-Country") != "DE" || r.Header.Get("X-Amz-Cf-Id") != "id" || len(r.Header) > 12 {
			t.Errorf("got %q", r.Header)
		}
	})
}
