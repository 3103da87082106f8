// Package jsontext reads JSON by the letter of RFC 8259, value by value, for
// readers that know what they expect: it makes no tree, so that each of them
// makes its own, bounds it and words its own errors.
//
// Two readers of JSON in this module stand elsewhere on purpose. vtl/value.Parse
// reads what json-smart reads, a language with more in it than JSON; and where
// our own documents become Go structures, encoding/json does it, behind Scan where a
// start reads many of them.
package jsontext
