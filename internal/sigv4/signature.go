package sigv4

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeFormat = "20060102T150405Z"
	terminator = "aws4_request"
)

// A signature is what a request says about how it was signed, from either
// form, not yet checked against anything.
type signature struct {
	credential    string // key/date/region/service/aws4_request
	signedHeaders string // lower case, joined with ";"
	value         string // hexadecimal
	algorithm     string
	date          string // X-Amz-Date or Date as sent
	token         string // X-Amz-Security-Token
	contentHash   string // X-Amz-Content-Sha256
	expires       string // X-Amz-Expires, presigned only
	presigned     bool
	hasToken      bool
}

// An authorization is an Authorization header taken apart.
type authorization struct {
	algorithm, credential, signedHeaders, signature string
}

// parse reads the header as AWS does: fields between spaces and commas, the
// first the algorithm, the others key=value.
func (a *authorization) parse(value string) error {
	first := true
	for field := range strings.FieldsFuncSeq(value, func(c rune) bool { return c == ' ' || c == ',' }) {
		if first {
			a.algorithm, first = field, false
			continue
		}
		key, v, ok := strings.Cut(field, "=")
		if !ok {
			return errNoEqualSign(value)
		}
		var to *string
		switch key {
		case "Credential":
			to = &a.credential
		case "SignedHeaders":
			to = &a.signedHeaders
		case "Signature":
			to = &a.signature
		default:
			continue
		}
		if *to != "" {
			return errIncomplete("Authorization header holds the parameter '%s' more than once.", key)
		}
		*to = v
	}
	return nil
}

// fromHeader reads the signature of a request with an Authorization header.
func fromHeader(s *scratch) (*signature, error) {
	var a authorization
	value := s.authorization
	if err := a.parse(value); err != nil {
		return nil, err
	}
	sig := &s.sig
	*sig = signature{
		credential: a.credential, signedHeaders: a.signedHeaders, value: a.signature, algorithm: a.algorithm,
		date: s.amzDate, token: s.token, hasToken: s.hasToken, contentHash: s.contentHash,
	}
	if sig.date == "" {
		sig.date = s.date
	}
	var lacks []string
	for _, p := range []struct{ name, value string }{{"Credential", a.credential}, {"Signature", a.signature}, {"SignedHeaders", a.signedHeaders}} {
		if p.value == "" {
			lacks = append(lacks, "Authorization header requires '"+p.name+"' parameter.")
		}
	}
	if sig.date == "" {
		lacks = append(lacks, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if lacks != nil {
		return nil, errLacks(value, lacks)
	}
	return sig, nil
}

// CheckHeader reports what an Authorization header lacks to be a signature, in the
// form of Verify's errors; nil is that it lacks nothing, or that there is none. Whether
// the signature is right is not looked at.
func CheckHeader(r *Request) error {
	s := new(scratch)
	s.yield = s.add
	if err := s.collect(r); err != nil || s.authorizations == 0 {
		return err
	}
	_, err := fromHeader(s)
	return err
}

// A presigned is the signature in a query.
type presigned struct {
	algorithm, credential, date, expires, signedHeaders, signature, token, contentHash string

	found    bool // there is a signature, whole or not
	hasToken bool
}

// parsePresigned picks the parameters of a signature out of a query. Other
// parameters are not looked at.
func parsePresigned(query string) (presigned, error) {
	var p presigned
	if len(query) > maxQuery || !strings.Contains(query, "X-Amz-") && !strings.Contains(query, "%") {
		return p, nil
	}
	for pair := range strings.SplitSeq(query, "&") {
		rawKey, rawValue, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(rawKey)
		if err != nil {
			continue // the canonical query refuses it
		}
		to := p.field(key)
		if to == nil {
			continue
		}
		if *to != "" {
			return p, errIncomplete("AWS query-string parameters must include '%s' once.", key)
		}
		if *to, err = url.QueryUnescape(rawValue); err != nil {
			return p, errIncomplete("AWS query-string parameter '%s' holds an invalid percent-encoding.", key)
		}
	}
	p.hasToken = p.token != ""
	p.found = p.algorithm != "" || p.signature != "" || p.credential != ""
	return p, nil
}

// field is where the value of a parameter goes, nil for those of no concern.
func (p *presigned) field(key string) *string {
	switch key {
	case "X-Amz-Algorithm":
		return &p.algorithm
	case "X-Amz-Credential":
		return &p.credential
	case "X-Amz-Date":
		return &p.date
	case "X-Amz-Expires":
		return &p.expires
	case "X-Amz-SignedHeaders":
		return &p.signedHeaders
	case "X-Amz-Signature":
		return &p.signature
	case "X-Amz-Security-Token":
		return &p.token
	case "X-Amz-Content-Sha256":
		return &p.contentHash
	}
	return nil
}

// fromQuery reads the signature of a presigned request.
func fromQuery(s *scratch, query string) (*signature, error) {
	p, err := parsePresigned(query)
	if err != nil {
		return nil, err
	}
	if !p.found {
		return nil, errMissing()
	}
	var lacks []string
	for _, q := range []struct{ name, value string }{
		{"X-Amz-Algorithm", p.algorithm}, {"X-Amz-Credential", p.credential}, {"X-Amz-Signature", p.signature},
		{"X-Amz-SignedHeaders", p.signedHeaders}, {"X-Amz-Date", p.date},
	} {
		if q.value == "" {
			lacks = append(lacks, "AWS query-string parameters must include '"+q.name+"'.")
		}
	}
	if lacks != nil {
		return nil, errIncomplete("%s Re-examine the query-string parameters.", strings.Join(lacks, " "))
	}
	sig := &s.sig
	*sig = signature{
		credential: p.credential, signedHeaders: p.signedHeaders, value: p.signature, algorithm: p.algorithm, date: p.date,
		token: p.token, hasToken: p.hasToken, contentHash: p.contentHash, expires: p.expires, presigned: true,
	}
	if sig.contentHash == "" {
		sig.contentHash = s.contentHash
	}
	if !sig.hasToken {
		sig.token, sig.hasToken = s.token, s.hasToken
	}
	return sig, nil
}

// check reads the parts of a signature that say the same in both forms.
func (sig *signature) check() (scope Scope, signed time.Time, err error) {
	if sig.algorithm != algorithm {
		return scope, signed, errIncomplete("Unsupported AWS 'algorithm'. Only 'AWS4-HMAC-SHA256' is supported.")
	}
	scope, end, ok := parseCredential(sig.credential)
	if !ok {
		return scope, signed, errIncomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", sig.credential)
	}
	if end != terminator {
		return scope, signed, errInvalid(WrongSignature, "Credential should be scoped with a valid terminator: 'aws4_request'. ")
	}
	signed, err = parseTime(sig.date)
	if err != nil {
		return scope, signed, err
	}
	if day := signed.Format("20060102"); day != scope.Date {
		return scope, signed, errInvalid(WrongSignature, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			scope.Date, day, signed.Format(timeFormat))
	}
	return scope, signed, checkNames(sig.signedHeaders)
}

// parseTime reads the time of a signature: ISO 8601 in its basic form, or in
// the Date header also HTTP's form.
func parseTime(s string) (time.Time, error) {
	if len(s) == len(timeFormat) {
		if t, err := time.Parse(timeFormat, s); err == nil {
			return t, nil
		}
	} else if t, err := time.Parse(time.RFC1123, s); err == nil && strings.HasSuffix(s, " GMT") {
		return t.UTC(), nil
	}
	return time.Time{}, errIncomplete("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", s)
}

// checkNames checks the list of signed headers, all but their presence.
func checkNames(list string) error {
	if strings.Count(list, ";") >= maxSigned {
		return errTooLarge("signed headers", maxSigned)
	}
	last, host := "", false
	for name := range strings.SplitSeq(list, ";") {
		if name <= last || strings.ContainsFunc(name, notLowerToken) {
			return errIncomplete("'SignedHeaders' must be lower-case header names, sorted and each named once, with ';' between them.")
		}
		last, host = name, host || name == "host"
	}
	if !host {
		return errInvalid(WrongSignature, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	return nil
}

// notLowerToken reports a character that no lower-case header name holds.
func notLowerToken(c rune) bool {
	return c <= ' ' || c >= 0x7f || c == ':' || c == ',' || 'A' <= c && c <= 'Z'
}

// parseExpires reads X-Amz-Expires, in seconds.
func parseExpires(s string) (time.Duration, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n < 1 || n > maxExpires || s[0] == '+' {
		return 0, errIncomplete("X-Amz-Expires must be a number of seconds from 1 to %d.", maxExpires)
	}
	return time.Duration(n) * time.Second, nil
}
