package authz

import (
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// printClaims returns the claims of a token as $context.authorizer.claims and events
// show them: each is text. Those that are null are left out.
func printClaims(claims []claim) []mapping.Param {
	out := make([]mapping.Param, 0, len(claims))
	for _, c := range claims {
		if c.kind != jsontext.Null {
			out = append(out, mapping.Param{Name: c.name, Value: c.print()})
		}
	}
	return out
}

// plainDigits is the length of whole numbers that Java prints as they stand.
const plainDigits = 18

// print is the text of a claim: exp, iat and nbf are printed as Java prints a Date
// (recorded of the first two; auth_time stays a number), lists are joined with commas
// (recorded with one element), and objects are JSON.
func (c claim) print() string {
	switch c.kind {
	case jsontext.String:
		return c.text()
	case jsontext.Bool:
		return c.raw
	case jsontext.Number:
		switch c.name {
		case "exp", "iat", "nbf":
			if seconds, ok := c.date(); ok {
				return time.Unix(seconds, 0).UTC().Format("Mon Jan 02 15:04:05 UTC 2006")
			}
		}
		if len(c.raw) <= plainDigits && !strings.ContainsAny(c.raw, ".eE-") {
			return c.raw
		}
	case jsontext.Array:
		if list := c.texts(); list != nil {
			return strings.Join(list, ",")
		}
	}
	v, err := value.ParseStrict(c.raw, value.Limits{Bytes: maxToken, Depth: maxTokenDepth})
	if err != nil {
		return c.raw
	}
	if c.kind != jsontext.Array {
		return string(appendPlain(nil, v))
	}
	var out []byte
	for i, list := 0, v.AsList(); i < list.Len(); i++ {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendPlain(out, list.At(i))
	}
	return string(out)
}

// appendPlain appends a text without quotes, and anything else as JSON has it.
func appendPlain(dst []byte, v value.Value) []byte {
	switch v.Kind() {
	case value.KindList, value.KindMap:
		return v.AppendJSON(dst)
	}
	return v.AppendText(dst)
}
