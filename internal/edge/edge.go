// Package edge has the headers by which CloudFront shows itself, which passes on the
// requests of edge-optimized endpoints at AWS: those that it adds to requests and to
// answers. There is no CloudFront here, and nothing is cached or routed by this.
package edge

import (
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// Options are what a Distribution says of itself and of its viewers. CloudFront knows
// where a viewer is; here that is the same for all, and what is "" is not said.
type Options struct {
	Country string // two letters, such as DE
	ASN     string // the number of the viewer's network, such as 3320
	POP     string // the edge location, such as FRA56-P4; "" is DefaultPOP
	Address string // of the server that passes requests on; "" is DefaultAddress
}

// What a Distribution says where nobody chose: an edge location of us-east-1, and an
// address of those that CloudFront calls its origins from.
const (
	DefaultPOP     = "IAD50-C1"
	DefaultAddress = "130.176.0.1"
)

// A Distribution stands in for the one that CloudFront has for an edge-optimized
// endpoint. It never changes and may be used by many goroutines.
type Distribution struct {
	options Options
	server  string // the name of the server, in Via
}

// New makes a distribution under a name of its own.
func New(o Options) *Distribution {
	if o.POP == "" {
		o.POP = DefaultPOP
	}
	if o.Address == "" {
		o.Address = DefaultAddress
	}
	return &Distribution{options: o, server: hex.EncodeToString(random(16)) + ".cloudfront.net (CloudFront)"}
}

// random returns so many bytes, which are unique and not secret.
func random(n int) []byte {
	out := make([]byte, 0, n+7)
	for len(out) < n {
		x := rand.Uint64()
		out = append(out, byte(x), byte(x>>8), byte(x>>16), byte(x>>24), byte(x>>32), byte(x>>40), byte(x>>48), byte(x>>56))
	}
	return out[:n]
}

// NewID returns a value for X-Amz-Cf-Id: 54 characters and "==", as CloudFront's look.
func NewID() string { return base64.URLEncoding.EncodeToString(random(40)) }

// Request makes of a viewer's request the one that CloudFront passes on, under an id of
// NewID. What it says the viewer cannot: lines of its names are taken out.
func (d *Distribution) Request(r *httpmsg.Request, id string) {
	agent, via := "", strings.Builder{}
	kept := r.Header[:0]
	for _, f := range r.Header {
		switch {
		case ours(f.Name):
			continue
		case httpmsg.EqualFold(f.Name, "Via"):
			via.WriteString(f.Value + ", ")
			continue
		case httpmsg.EqualFold(f.Name, "Connection"):
			f.Value = withoutOurs(f.Value)
		case httpmsg.EqualFold(f.Name, "User-Agent"):
			agent = f.Value
		case httpmsg.EqualFold(f.Name, "Cookie"):
			f.Value = sortCookies(f.Value)
		}
		f.Name = respelled(f.Name)
		kept = append(kept, f)
	}
	kept = append(kept, httpmsg.Field{Name: "CloudFront-Forwarded-Proto", Value: r.Scheme})
	kept = appendDevice(kept, agent)
	if d.options.ASN != "" {
		kept = append(kept, httpmsg.Field{Name: "CloudFront-Viewer-ASN", Value: d.options.ASN})
	}
	if d.options.Country != "" {
		kept = append(kept, httpmsg.Field{Name: "CloudFront-Viewer-Country", Value: d.options.Country})
	}
	r.Header = append(kept,
		httpmsg.Field{Name: "Via", Value: via.String() + version(r.Proto) + " " + d.server},
		httpmsg.Field{Name: "X-Amz-Cf-Id", Value: id})
	r.ForwardedBy = d.options.Address
}

// version is that of a protocol, as Via has it: a viewer's HTTP/2 shows in the request's
// (recorded).
func version(proto string) string { return strings.TrimPrefix(proto, "HTTP/") }

// ours reports whether a request's header is one that CloudFront alone writes, or takes
// out (documented for X-Edge-*).
func ours(name string) bool {
	return hasPrefixFold(name, "CloudFront-") || hasPrefixFold(name, "X-Amz-Cf-") || hasPrefixFold(name, "X-Edge-")
}

// withoutOurs takes the names of CloudFront's headers out of those that a viewer's
// Connection lists: those are for the viewer's own connection, and who passes the request on
// would drop what CloudFront has written.
func withoutOurs(options string) string {
	var kept []string
	for option := range strings.SplitSeq(options, ",") {
		if !ours(httpmsg.TrimValue(option)) {
			kept = append(kept, option)
		}
	}
	return strings.Join(kept, ",")
}

func hasPrefixFold(name, prefix string) bool {
	return len(name) >= len(prefix) && httpmsg.EqualFold(name[:len(prefix)], prefix)
}

// capitals are the headers whose names CloudFront spells its own way, also those of
// HTTP/2, which are sent in lower case; it leaves others as they are (recorded: accept
// and authorization come with capitals, content-type and origin do not).
var capitals = [...]string{"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Authorization", "Cookie", "Referer", "User-Agent"}

func respelled(name string) string {
	for _, c := range capitals {
		if len(name) == len(c) && httpmsg.EqualFold(name, c) {
			return c
		}
	}
	return name
}

// sortCookies puts the cookies of a line in the order of their names, as CloudFront does
// (documented).
func sortCookies(line string) string {
	if !strings.Contains(line, ";") {
		return line
	}
	cookies := strings.Split(line, ";")
	for i := range cookies {
		cookies[i] = strings.TrimSpace(cookies[i])
	}
	slices.SortStableFunc(cookies, func(a, b string) int {
		nameA, _, _ := strings.Cut(a, "=")
		nameB, _, _ := strings.Cut(b, "=")
		return strings.Compare(nameA, nameB)
	})
	return strings.Join(cookies, "; ")
}

// Answer makes of an answer the one that CloudFront gives to the viewer of a request of
// that id. An origin that is behind a CloudFront of its own stays in Via (recorded).
func (d *Distribution) Answer(resp *httpmsg.Response, id string) {
	via, cached := strings.Builder{}, "Miss from cloudfront"
	kept := resp.Header[:0]
	for _, f := range resp.Header {
		switch {
		case httpmsg.EqualFold(f.Name, "Via"):
			via.WriteString(f.Value + ", ")
		case httpmsg.EqualFold(f.Name, "X-Cache"), hasPrefixFold(f.Name, "X-Amz-Cf-"):
		default:
			kept = append(kept, f)
		}
	}
	if resp.Status >= 400 {
		cached = "Error from cloudfront"
	}
	resp.Header = append(kept,
		httpmsg.Field{Name: "X-Cache", Value: cached},
		httpmsg.Field{Name: "Via", Value: via.String() + "1.1 " + d.server},
		httpmsg.Field{Name: "X-Amz-Cf-Pop", Value: d.options.POP},
		httpmsg.Field{Name: "X-Amz-Cf-Id", Value: id})
}
