package wire

import (
	"strconv"
	"strings"
	"time"
)

// A Timestamp is a time in whole seconds since 1970-01-01 UTC, the form in
// which the service writes times: a JSON integer.
type Timestamp int64

// At returns the Timestamp of t, its fraction of a second cut off.
func At(t time.Time) Timestamp { return Timestamp(t.Unix()) }

// Time returns t as a time in UTC.
func (t Timestamp) Time() time.Time { return time.Unix(int64(t), 0).UTC() }

// A DateTime is a time as apigatewayv2 writes it: a text in ISO 8601. What a client sends
// in place of one is not looked at.
type DateTime string

// DateTime returns t in the form of apigatewayv2.
func (t Timestamp) DateTime() DateTime { return DateTime(t.Time().Format(time.RFC3339)) }

// A Double is a finite number that the service keeps as a Java double. It
// prints as Java prints it, so that a rate of 10000 is the JSON number 10000.0
// as it is in the service's answers.
type Double float64

// String returns d as Java's Double.toString does.
func (d Double) String() string {
	f := float64(d)
	abs := max(f, -f)
	if abs == 0 || abs >= 1e-3 && abs < 1e7 {
		return withFraction(strconv.FormatFloat(f, 'f', -1, 64))
	}
	mantissa, exponent, ok := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	if !ok {
		return mantissa // infinite or not a number
	}
	exponent = strings.TrimPrefix(exponent, "+")
	sign := ""
	if rest, neg := strings.CutPrefix(exponent, "-"); neg {
		sign, exponent = "-", rest
	}
	return withFraction(mantissa) + "E" + sign + strings.TrimLeft(exponent, "0")
}

// withFraction adds the fraction that Java prints even where it is zero.
func withFraction(s string) string {
	if strings.Contains(s, ".") {
		return s
	}
	return s + ".0"
}

// MarshalJSON writes d in the form of String, which is a JSON number. Infinities
// and NaN have none: they are refused when a request is read.
func (d Double) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }
