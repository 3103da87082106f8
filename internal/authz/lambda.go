package authz

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// The types of authorizers.
const (
	TypeToken   = "TOKEN"
	TypeRequest = "REQUEST"
)

// maxTTL is the longest time that AWS keeps an answer.
const maxTTL = 3600

// A Lambda is a Lambda authorizer, compiled. It never changes and is safe for
// concurrent use.
type Lambda struct {
	ID    string
	Token bool          // TOKEN; else REQUEST
	TTL   time.Duration // how long an answer is kept; 0 keeps none

	sources    []identitySource
	validation *javaregexp.Regexp // of tokens; nil takes all
	settings   [sha256.Size]byte  // digest of all that the answers depend on
}

// CompileLambda reads the settings of a Lambda authorizer. An error says which of
// them cannot work: methods with such an authorizer let nobody in.
func CompileLambda(a *snapshot.Authorizer) (*Lambda, error) {
	l := &Lambda{ID: a.ID, Token: a.Type == TypeToken, TTL: time.Duration(a.ResultTTLSeconds) * time.Second}
	switch {
	case a.Type != TypeToken && a.Type != TypeRequest:
		return nil, fmt.Errorf("type %q is not that of a Lambda authorizer", a.Type)
	case a.ResultTTLSeconds < 0 || a.ResultTTLSeconds > maxTTL:
		return nil, fmt.Errorf("authorizerResultTtlInSeconds is %d, not from 0 to %d", a.ResultTTLSeconds, maxTTL)
	}
	for text := range strings.SplitSeq(a.IdentitySource, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		s, err := parseIdentitySource(text)
		if err != nil {
			return nil, err
		}
		l.sources = append(l.sources, s)
	}
	switch {
	case l.Token && (len(l.sources) != 1 || l.sources[0].from > fromGateway):
		return nil, errors.New("the identitySource of a TOKEN authorizer is not one header")
	case len(l.sources) == 0 && l.TTL > 0:
		return nil, errors.New("identitySource is empty, and answers are kept: all callers would share one")
	}
	if a.IdentityValidation != "" && l.Token {
		var err error
		if l.validation, err = javaregexp.Compile(a.IdentityValidation); err != nil {
			return nil, fmt.Errorf("identityValidationExpression: %w", err)
		}
	}
	l.settings = sumOf(a.Type, a.URI, a.Credentials, a.IdentitySource, a.IdentityValidation, strconv.Itoa(int(a.ResultTTLSeconds)))
	return l, nil
}

// An origin is where an identity source is read.
type origin uint8

const (
	fromHeader  origin = iota
	fromGateway        // a header of which functions see the gateway's own
	fromQuery
	fromStage
	fromContext
)

// An identitySource is one identity source.
type identitySource struct {
	from origin
	name string
	expr *mapping.Expression // of fromGateway
}

// parseIdentitySource reads one expression. Path parameters are none (documented).
func parseIdentitySource(text string) (s identitySource, err error) {
	for _, form := range [...]struct {
		lead string
		from origin
	}{
		{"method.request.header.", fromHeader}, {"method.request.querystring.", fromQuery}, {"stageVariables.", fromStage}, {"context.", fromContext},
	} {
		name, ok := strings.CutPrefix(text, form.lead)
		if !ok || name == "" {
			continue
		}
		if form.from == fromHeader && madeByGateway(name) {
			expr, err := mapping.ParseExpression("method.request.multivalueheader."+name, mapping.GatewayResponse)
			return identitySource{fromGateway, name, expr}, err
		}
		return identitySource{from: form.from, name: name}, nil
	}
	return identitySource{}, fmt.Errorf("%.100q is no identity source, which are method.request.header.NAME, method.request.querystring.NAME, stageVariables.NAME and context.NAME", text)
}

// madeByGateway reports whether a header is one that the gateway writes or adds to.
func madeByGateway(name string) bool {
	const forwarded = "x-forwarded-"
	return httpmsg.EqualFold(name, "Host") || httpmsg.EqualFold(name, "X-Amzn-Trace-Id") ||
		len(name) > len(forwarded) && httpmsg.EqualFold(name[:len(forwarded)], forwarded)
}

// An Identity is what identity sources say of a call.
type Identity struct {
	Token string // of a TOKEN authorizer

	// Key is a text that no other values of the sources have: each value stands behind
	// its length, and the values of each source behind their number. It is in the memory
	// that it had before.
	Key []byte
}

// Reset empties the identity for the next call.
func (i *Identity) Reset() {
	if cap(i.Key) > 64<<10 {
		i.Key = nil
	}
	*i = Identity{Key: i.Key[:0]}
}

// Secrets returns what headers and parameters of the query a call proves itself with: the
// values of those that are identity sources. It is for traces, which mask them.
func (l *Lambda) Secrets(s *mapping.Scope, sent httpmsg.Header) []string {
	var of Identity
	for i := range l.sources {
		if from := l.sources[i].from; from == fromHeader || from == fromQuery {
			of.read(&l.sources[i], s, sent)
		}
	}
	return of.values()
}

// String is the values of the sources, joined with commas: for the log, which masks it.
func (i *Identity) String() string { return strings.Join(i.values(), ",") }

// values are those of all sources.
func (i *Identity) values() (values []string) {
	for at := 0; at < len(i.Key); {
		n := binary.BigEndian.Uint32(i.Key[at:])
		at += 4
		for range n {
			size := int(binary.BigEndian.Uint32(i.Key[at:]))
			values = append(values, string(i.Key[at+4:at+4+size]))
			at += 4 + size
		}
	}
	return values
}

// Identify reads the identity sources of a call, of which sent are the headers as the
// client sent them. It reports whether the function is to be asked; "" for reason says
// so, and any other reason is that of a 401 without a call: a source is missing or
// blank, or the token is not as the validation wants it.
//
// A REQUEST authorizer that keeps no answers is always asked. A token that is sent
// twice is none: the function would judge one, and a backend might read the other.
func (l *Lambda) Identify(into *Identity, s *mapping.Scope, sent httpmsg.Header) (reason string) {
	if !l.Token && l.TTL == 0 {
		return ""
	}
	for i := range l.sources {
		src := &l.sources[i]
		value, n := into.read(src, s, sent)
		switch {
		case strings.TrimSpace(value) == "":
			return "an identity source is missing"
		case l.Token && n != 1:
			return "the token was sent more than once"
		case l.Token:
			into.Token = value
		}
	}
	if l.validation != nil {
		if ok, err := l.validation.Matches(into.Token, javaregexp.Bounds{}); !ok || err != nil {
			return "the token does not match identityValidationExpression"
		}
	}
	return ""
}

// read appends the values of a source to the key, and returns the last of them and
// their number.
func (i *Identity) read(src *identitySource, s *mapping.Scope, sent httpmsg.Header) (last string, n int) {
	mark := len(i.Key)
	i.Key = append(i.Key, 0, 0, 0, 0)
	take := func(value string) {
		last = value
		n++
		i.Key = append(binary.BigEndian.AppendUint32(i.Key, uint32(len(value))), value...)
	}
	switch src.from {
	case fromHeader:
		for j := range sent {
			if httpmsg.EqualFold(sent[j].Name, src.name) {
				take(sent[j].Value)
			}
		}
	case fromGateway:
		values, _ := src.expr.EvalAll(nil, s) // without an error: headers are there
		for _, value := range values {
			take(value)
		}
	case fromQuery:
		for _, p := range s.Query() {
			if p.Name == src.name {
				take(p.Value)
			}
		}
	case fromStage:
		if value, ok := s.StageVariables[src.name]; ok {
			take(value)
		}
	case fromContext:
		if value, ok := s.Context.Lookup(src.name); ok {
			take(value)
		}
	}
	binary.BigEndian.PutUint32(i.Key[mark:], uint32(n))
	return last, n
}

// sumOf is the digest of texts, none of which can pass for a part of another.
func sumOf(texts ...string) [sha256.Size]byte {
	var buf []byte
	for _, text := range texts {
		buf = append(binary.BigEndian.AppendUint32(buf, uint32(len(text))), text...)
	}
	return sha256.Sum256(buf)
}

// A Range is what the answers of an authorizer are kept under: those of one API, stage
// and authorizer, as long as nothing changes that they depend on.
type Range [sha256.Size]byte

// Range returns the range of a stage's answers. target is what the URI and the
// credentials are under the stage's variables; life names the answers of the stage, which
// a flush and a stage made again under its name have none of.
func (l *Lambda) Range(account, region, api, stage string, life string, target ...string) Range {
	texts := append([]string{account, region, api, stage, l.ID, life, string(l.settings[:])}, target...)
	return sumOf(texts...)
}

// A Key is that of one answer.
type Key [sha256.Size]byte

// KeyIn is the key of an identity's answer in a range. It uses the memory behind Key.
func (i *Identity) KeyIn(r *Range) Key {
	i.Key = append(i.Key, r[:]...)
	key := sha256.Sum256(i.Key)
	i.Key = i.Key[:len(i.Key)-len(r)]
	return key
}
