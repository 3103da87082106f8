package sigv4

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// signedHeader is a small request signed in its header.
func signedHeader(t testing.TB, credential Credential) *signedRequest {
	req, _ := http.NewRequest("GET", "https://a1b2.execute-api.us-east-1.amazonaws.com/prod", nil)
	return sdkSign(t, req, nil, credential, false)
}

// signedQuery is a small presigned request, good for some seconds.
func signedQuery(t testing.TB, credential Credential, expires string) *signedRequest {
	req, _ := http.NewRequest("GET", "https://a1b2.execute-api.us-east-1.amazonaws.com/prod?X-Amz-Expires="+expires, nil)
	return sdkSign(t, req, nil, credential, true)
}

// TestErrors holds the type and the words of each refusal. Texts marked
// "reported" are literally what users of API Gateway or of AWS services with
// the same framework reported; "documented" ones are AWS's documentation;
// those marked "ours" have no known original.
func TestErrors(t *testing.T) {
	long := Credential{SecretAccessKey: testSecret}
	temporary := Credential{SecretAccessKey: testSecret, SessionToken: "token"}
	header := func(name, value string) func(*signedRequest) {
		return func(s *signedRequest) {
			for i := range s.headers {
				if strings.EqualFold(s.headers[i][0], name) {
					s.headers[i][1] = value
					return
				}
			}
			s.headers = append(s.headers, [2]string{name, value})
		}
	}
	replace := func(old, new string) func(*signedRequest) {
		return func(s *signedRequest) {
			for i := range s.headers {
				s.headers[i][1] = strings.Replace(s.headers[i][1], old, new, 1)
			}
			s.query = strings.Replace(s.query, old, new, 1)
		}
	}
	drop := func(names ...string) func(*signedRequest) {
		return func(s *signedRequest) {
			kept := s.headers[:0]
			for _, h := range s.headers {
				if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+h[0]+" ") {
					kept = append(kept, h)
				}
			}
			s.headers = kept
		}
	}
	const mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	tests := map[string]struct {
		request func(*signedRequest)
		presign string         // X-Amz-Expires, "" for the header form
		made    Credential     // what signs, long when zero
		options func(*Options) // on top of the usual ones
		region  string         // that it must be signed for; "" is that of the tests, "any" any
		lookup  *Credential    // what is known, made when nil
		reason  Reason
		typ     string
		message string // the whole of it, or with "…" at the end its beginning
	}{
		"no signature (documented)": {request: drop("Authorization"), reason: MissingToken,
			typ: "MissingAuthenticationTokenException", message: "Missing Authentication Token"},
		"not a signature (reported)": {request: header("Authorization", "Bearer x"), reason: Incomplete,
			typ:     "IncompleteSignatureException",
			message: "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): 'uTem/WB082UJMN2ajD6lH6UChGpTAddMJSx2iu923No='."},
		"a bare token (reported)": {request: func(s *signedRequest) { drop("X-Amz-Date")(s); header("Authorization", "token")(s) }, reason: Incomplete,
			typ: "IncompleteSignatureException",
			message: "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. " +
				"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization=PEaenWxYddN6Q/NT1PiOYfz4EsZu7jRXRlpAsNpBU+A="},
		"basic credentials": {request: header("Authorization", "Basic dTpw=="), reason: Incomplete,
			typ: "IncompleteSignatureException", message: "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. (Hashed…"},
		"without a signature": {request: replace("Signature=", "Signed="), reason: Incomplete,
			typ: "IncompleteSignatureException", message: "Authorization header requires 'Signature' parameter. (Hashed…"},
		"other algorithm (ours)": {request: replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), reason: Incomplete,
			typ: "IncompleteSignatureException", message: "Unsupported AWS 'algorithm'. Only 'AWS4-HMAC-SHA256' is supported."},
		"short credential (reported)": {request: replace("/20150830/", "/"), reason: Incomplete,
			typ:     "IncompleteSignatureException",
			message: "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/us-east-1/execute-api/aws4_request'"},
		"other terminator": {request: replace("aws4_request", "aws5_request"), reason: WrongSignature,
			typ: "InvalidSignatureException", message: "Credential should be scoped with a valid terminator: 'aws4_request'. "},
		"other day (documented)": {request: replace("/20150830/", "/20150829/"), reason: WrongSignature,
			typ:     "InvalidSignatureException",
			message: "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != '20150830', from '20150830T123600Z'."},
		"bad date": {request: header("X-Amz-Date", "2015-08-30T12:36:00Z"), reason: Incomplete,
			typ:     "IncompleteSignatureException",
			message: "Date must be in ISO-8601 'basic format'. Got '2015-08-30T12:36:00Z'. See http://en.wikipedia.org/wiki/ISO_8601"},
		"two authorizations (ours)": {request: func(s *signedRequest) { s.headers = append(s.headers, [2]string{"authorization", "x"}) }, reason: Incomplete,
			typ: "IncompleteSignatureException", message: "Authorization header must be present once."},
		"parameter twice (ours)": {request: replace("Credential=", "Signature=x, Credential="), reason: Incomplete,
			typ: "IncompleteSignatureException", message: "Authorization header holds the parameter 'Signature' more than once."},
		"host not signed (reported)": {request: replace("host;", ""), reason: WrongSignature,
			typ: "InvalidSignatureException", message: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
		"x-amz header not signed": {request: header("X-Amz-Invocation-Type", "Event"), reason: WrongSignature,
			typ: "InvalidSignatureException", message: "'x-amz-invocation-type' must be a 'SignedHeader' in the AWS Authorization."},
		"unsorted names (ours)": {request: replace("host;x-amz-date", "x-amz-date;host"), reason: Incomplete,
			typ: "IncompleteSignatureException", message: "'SignedHeaders' must be lower-case header names, sorted and each named once, with ';' between them."},
		"wrong secret (reported)": {lookup: &Credential{SecretAccessKey: "other"}, reason: WrongSignature,
			typ: "InvalidSignatureException",
			message: mismatch + "\n\nThe Canonical String for this request should have been\n'GET\n/prod\n\nhost:a1b2.execute-api.us-east-1.amazonaws.com\nx-amz-date:20150830T123600Z\n\n" +
				"host;x-amz-date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'\n\nThe String-to-Sign should have been\n" +
				"'AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/execute-api/aws4_request\ne3dccdd7c91349d646296667a03c41cd1054e5fb9979364cd1ebaa3a60d7ff97'\n"},
		"upper-case signature":    {request: func(s *signedRequest) { upperSignature(s) }, reason: WrongSignature, typ: "InvalidSignatureException", message: mismatch + "…"},
		"query with a bad escape": {request: func(s *signedRequest) { s.query = "a=%zz" }, reason: WrongSignature, typ: "InvalidSignatureException", message: mismatch},
		"signed header is missing": {request: replace("host;x-amz-date", "host;x-amz-date;x-none"), reason: WrongSignature,
			typ: "InvalidSignatureException", message: mismatch},
		"expired (reported)": {options: func(o *Options) { o.Now = at(5*time.Minute + time.Second) }, reason: Expired,
			typ: "InvalidSignatureException", message: "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"},
		"not yet current (reported)": {options: func(o *Options) { o.Now = at(-5*time.Minute - time.Second) }, reason: NotYetCurrent,
			typ: "InvalidSignatureException", message: "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)"},
		"wrong service (reported)": {options: func(o *Options) { o.Service = "apigateway" }, reason: WrongService,
			typ: "InvalidSignatureException", message: "Credential should be scoped to correct service: 'apigateway'. "},
		"wrong region (reported)": {region: "eu-west-1", reason: WrongRegion,
			typ: "InvalidSignatureException", message: "Credential should be scoped to a valid region. "},
		"no region": {request: replace("/us-east-1/", "//"), region: "any", reason: WrongRegion,
			typ: "InvalidSignatureException", message: "Credential should be scoped to a valid region. "},
		"unknown key (documented)": {request: replace(testKey, "AKIDOTHER"), reason: UnknownKey,
			typ: "UnrecognizedClientException", message: "The security token included in the request is invalid."},
		"key without a secret": {lookup: &Credential{}, reason: UnknownKey,
			typ: "UnrecognizedClientException", message: "The security token included in the request is invalid."},
		"session token is missing": {lookup: &temporary, reason: UnknownKey,
			typ: "UnrecognizedClientException", message: "The security token included in the request is invalid."},
		"session token of a long-term key": {made: temporary, lookup: &long, reason: UnknownKey,
			typ: "UnrecognizedClientException", message: "The security token included in the request is invalid."},
		"other session token": {made: temporary, lookup: &Credential{SecretAccessKey: testSecret, SessionToken: "tokem"}, reason: UnknownKey,
			typ: "UnrecognizedClientException", message: "The security token included in the request is invalid."},
		"expired session (reported)": {made: temporary, lookup: &Credential{SecretAccessKey: testSecret, SessionToken: "token", Expires: testTime}, reason: ExpiredToken,
			typ: "ExpiredTokenException", message: "The security token included in the request is expired"},
		"expired session, wrong signature": {made: temporary, lookup: &Credential{SecretAccessKey: "other", SessionToken: "token", Expires: testTime}, reason: ExpiredToken,
			typ: "ExpiredTokenException", message: "The security token included in the request is expired"}, // known before the body
		"disabled": {lookup: &Credential{SecretAccessKey: testSecret, Disabled: true}, reason: Disabled,
			typ: "UnrecognizedClientException", message: "The security token included in the request is invalid."},
		"disabled, wrong signature": {lookup: &Credential{SecretAccessKey: "other", Disabled: true}, reason: WrongSignature,
			typ: "InvalidSignatureException", message: mismatch + "…"},
		"streaming": {request: func(s *signedRequest) {
			header("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")(s)
			replace("host;x-amz-date", "host;x-amz-content-sha256;x-amz-date")(s)
		}, reason: WrongSignature, typ: "InvalidSignatureException", message: mismatch},

		"presigned, nothing but the algorithm": {request: func(s *signedRequest) { s.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256" }, presign: "60", reason: Incomplete,
			typ: "IncompleteSignatureException", message: "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. " +
				"AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."},
		"presigned, signature twice (ours)": {request: func(s *signedRequest) { s.query += "&X-Amz%2DSignature=0" }, presign: "60", reason: Incomplete,
			typ: "IncompleteSignatureException", message: "AWS query-string parameters must include 'X-Amz-Signature' once."},
		"presigned, bad escape (ours)": {request: replace("X-Amz-Date=", "X-Amz-Date=%q"), presign: "60", reason: Incomplete,
			typ: "IncompleteSignatureException", message: "AWS query-string parameter 'X-Amz-Date' holds an invalid percent-encoding."},
		"presigned, expired": {options: func(o *Options) { o.Now = at(91 * time.Second) }, presign: "90", reason: Expired,
			typ: "InvalidSignatureException", message: "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T123731Z - 90 sec.)"},
		"presigned, no end (ours)": {presign: "0", reason: Incomplete,
			typ: "IncompleteSignatureException", message: "X-Amz-Expires must be a number of seconds from 1 to 604800."},
		"presigned, too long (ours)": {presign: "604801", reason: Incomplete,
			typ: "IncompleteSignatureException", message: "X-Amz-Expires must be a number of seconds from 1 to 604800."},
		"presigned, no number (ours)": {presign: "1h", reason: Incomplete,
			typ: "IncompleteSignatureException", message: "X-Amz-Expires must be a number of seconds from 1 to 604800."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			made := tt.made
			if made.SecretAccessKey == "" {
				made = long
			}
			s := signedHeader(t, made)
			if tt.presign != "" {
				s = signedQuery(t, made, tt.presign)
			}
			if tt.request != nil {
				tt.request(s)
			}
			known := made
			if tt.lookup != nil {
				known = *tt.lookup
			}
			options := testOptions("execute-api", known)
			if tt.options != nil {
				tt.options(&options)
			}
			r := s.request()
			switch tt.region {
			case "":
				r.Region = testRegion
			case "any":
			default:
				r.Region = tt.region
			}
			_, err := NewVerifier(options).Verify(r)
			got, ok := err.(*Error)
			if !ok {
				t.Fatalf("Verify = %v", err)
			}
			if got.Reason != tt.reason || got.Type != tt.typ {
				t.Errorf("got %d %s, want %d %s", got.Reason, got.Type, tt.reason, tt.typ)
			}
			want, beginning := strings.CutSuffix(tt.message, "…")
			if got.Message != want && !(beginning && strings.HasPrefix(got.Message, want)) {
				t.Errorf("message\n%s\nwant\n%s", got.Message, tt.message)
			}
		})
	}
}

// upperSignature writes the hexadecimal of the signature in upper case.
func upperSignature(s *signedRequest) {
	for i, h := range s.headers {
		if before, value, ok := strings.Cut(h[1], "Signature="); ok {
			s.headers[i][1] = before + "Signature=" + strings.ToUpper(value)
		}
	}
}

// TestTimes holds the ends of the windows.
func TestTimes(t *testing.T) {
	credential := Credential{SecretAccessKey: testSecret}
	tests := map[string]struct {
		presign string
		now     time.Duration
		reason  Reason
	}{
		"just in time":          {now: 5 * time.Minute},
		"late":                  {now: 5*time.Minute + time.Second, reason: Expired},
		"barely current":        {now: -5 * time.Minute},
		"early":                 {now: -5*time.Minute - time.Second, reason: NotYetCurrent},
		"presigned, a week":     {presign: "604800", now: 7 * 24 * time.Hour},
		"presigned, week over":  {presign: "604800", now: 7*24*time.Hour + time.Second, reason: Expired},
		"presigned, one second": {presign: "1", now: time.Second},
		"presigned, over":       {presign: "1", now: 2 * time.Second, reason: Expired},
		"presigned, early":      {presign: "604800", now: -5*time.Minute - time.Second, reason: NotYetCurrent},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := signedHeader(t, credential)
			if tt.presign != "" {
				s = signedQuery(t, credential, tt.presign)
			}
			options := testOptions("execute-api", credential)
			options.Now = at(tt.now)
			if _, err := NewVerifier(options).Verify(s.request()); reasonOf(err) != tt.reason {
				t.Errorf("Verify = %v, want reason %d", err, tt.reason)
			}
		})
	}
}

// TestPresignedWithoutExpires: such a request lives as long as one signed in
// its header.
func TestPresignedWithoutExpires(t *testing.T) {
	credential := Credential{SecretAccessKey: testSecret}
	req, _ := http.NewRequest("GET", "https://a1b2.execute-api.us-east-1.amazonaws.com/prod", nil)
	s := sdkSign(t, req, nil, credential, true)
	options := testOptions("execute-api", credential)
	for now, want := range map[time.Duration]Reason{5 * time.Minute: 0, 6 * time.Minute: Expired} {
		options.Now = at(now)
		if _, err := NewVerifier(options).Verify(s.request()); reasonOf(err) != want {
			t.Errorf("after %v: %v, want reason %d", now, err, want)
		}
	}
}

// TestForwardedHeaders: what proxies add on the way does not spoil a signature.
func TestForwardedHeaders(t *testing.T) {
	credential := Credential{SecretAccessKey: testSecret}
	s := signedHeader(t, credential)
	s.headers = append(s.headers, [2]string{"X-Amz-Cf-Id", "x"}, [2]string{"X-Amzn-Trace-Id", "Root=1"}, [2]string{"X-Forwarded-For", "10.0.0.1"}, [2]string{"Via", "1.1 x"})
	if _, err := NewVerifier(testOptions("execute-api", credential)).Verify(s.request()); err != nil {
		t.Error(err)
	}
}

func TestBounds(t *testing.T) {
	credential := Credential{SecretAccessKey: testSecret}
	var names []string
	for i := range maxSigned + 1 {
		names = append(names, fmt.Sprintf("x%03d", i))
	}
	tests := map[string]func(*signedRequest){
		"path":             func(s *signedRequest) { s.path = "/" + strings.Repeat("a", maxPath) },
		"query":            func(s *signedRequest) { s.query = strings.Repeat("a", maxQuery+1) },
		"query parameters": func(s *signedRequest) { s.query = strings.Repeat("&", maxParams) },
		"header lines":     func(s *signedRequest) { s.headers = append(s.headers, make([][2]string, maxLines)...) },
		"bytes of headers": func(s *signedRequest) {
			s.headers = append(s.headers, [2]string{"A", strings.Repeat("a", maxHeaderBytes)})
		},
		"Authorization": func(s *signedRequest) {
			s.headers = append(s.headers, [2]string{"Authorization", strings.Repeat("a", maxAuthorization+1)})
		},
		"signed headers": func(s *signedRequest) { setSigned(s, strings.Join(names, ";")) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			s := signedHeader(t, credential)
			change(s)
			if _, err := NewVerifier(testOptions("execute-api", credential)).Verify(s.request()); reasonOf(err) != TooLarge || !strings.Contains(err.Error(), name) {
				t.Errorf("Verify = %v, want too large: %s", err, name)
			}
		})
	}
}

func setSigned(s *signedRequest, list string) {
	for i, h := range s.headers {
		s.headers[i][1] = strings.Replace(h[1], "SignedHeaders=host;x-amz-date", "SignedHeaders="+list, 1)
	}
}

// TestDateHeader takes the time from Date, in both of its forms, when there is
// no X-Amz-Date.
func TestDateHeader(t *testing.T) {
	for _, date := range []string{"20150830T123600Z", "Sun, 30 Aug 2015 12:36:00 GMT"} {
		s := &signedRequest{method: "GET", path: "/", host: "h", headers: [][2]string{
			{"Date", date},
			{"Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/execute-api/aws4_request,SignedHeaders=date;host,Signature=" + strings.Repeat("0", 64)},
		}}
		options := testOptions("execute-api", Credential{SecretAccessKey: testSecret})
		if _, err := NewVerifier(options).Verify(s.request()); reasonOf(err) != WrongSignature || !strings.Contains(err.Error(), "'AWS4-HMAC-SHA256\n20150830T123600Z\n") {
			t.Errorf("%s: %v, want a mismatch that shows the time", date, err)
		}
	}
	if _, err := parseTime("Sun, 30 Aug 2015 12:36:00 CET"); err == nil {
		t.Error("a zone other than GMT is taken")
	}
}

func TestScopeOf(t *testing.T) {
	want := Scope{AccessKeyID: testKey, Date: "20150830", Region: testRegion, Service: "execute-api"}
	credential := Credential{SecretAccessKey: testSecret}
	tests := map[string]struct {
		request *signedRequest
		ok      bool
	}{
		"header":    {signedHeader(t, credential), true},
		"presigned": {signedQuery(t, credential, "60"), true},
		"none":      {&signedRequest{}, false},
		"bearer":    {&signedRequest{headers: [][2]string{{"Authorization", "Bearer x"}}}, false},
		"short":     {&signedRequest{headers: [][2]string{{"Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c"}}}, false},
		"no key":    {&signedRequest{headers: [][2]string{{"Authorization", "AWS4-HMAC-SHA256 Credential=/d/r/s/aws4_request"}}}, false},
		"no header but its part": {&signedRequest{headers: [][2]string{{"Authorization",
			"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/execute-api/aws4_request"}}}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := ScopeOf(tt.request.request())
			if ok != tt.ok || ok && got != want {
				t.Errorf("ScopeOf = %+v, %v, want %v", got, ok, tt.ok)
			}
		})
	}
}

// TestCredentialHidesSecrets: a credential in a log line shows nothing.
func TestCredentialHidesSecrets(t *testing.T) {
	c := Credential{SecretAccessKey: "hush", SessionToken: "hush"}
	if s := fmt.Sprintf("%v %+v %#v %s", c, c, c, &c); strings.Contains(s, "hush") {
		t.Error(s)
	}
}
