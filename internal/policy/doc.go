// Package policy parses and evaluates policy documents in the language of AWS
// IAM: what callers of the control plane may do, the resource policies of
// APIs, and the answers of Lambda authorizers.
//
// A document is checked and compiled once by [Parse]; [Policy.Evaluate] then
// says of a request whether it is allowed, denied, or not spoken of. What the
// keys of conditions hold is the caller's to say, as is who the caller is:
// package sigv4 finds that out. How the decisions of two policies combine, and
// in which words AWS refuses, is here as well.
//
// Where a document could be read in more than one way, Parse refuses it with
// an error that names the element, so that no statement is silently without
// effect: unknown elements and operators, duplicate members, principals with
// wildcards, the execute-api:/ shorthand before [Expand] has resolved it.
package policy
