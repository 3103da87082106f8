// Package policy parses and evaluates policy documents in the language of AWS
// IAM: what callers of the control plane may do, the resource policies of
// APIs, and the answers of Lambda authorizers.
//
// A document is checked and compiled once by [Parse]; [Policy.Evaluate] then
// says whether it allows a request, denies it, or does not mention it. The
// package's user brings the values of condition keys and the identity of the
// caller, which package sigv4 finds out. How the decisions of two policies
// combine, and the words in which AWS refuses, are here as well.
//
// Where a document could be read in more than one way, Parse refuses it with
// an error that names the element, so that no statement is silently without
// effect: unknown elements and operators, duplicate members, principals with
// wildcards, the execute-api:/ shorthand before [Expand] has resolved it.
package policy
