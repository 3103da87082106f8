// Package target says where the calls of an integration go: to which endpoint,
// with which request target.
//
// A [URI] is parsed when a definition is compiled. With a stage's settings it
// becomes a [Target], which has done all that does not depend on the request; for
// each call Resolve fills in the values of path variables, so that none leads to
// another host or path than the definition names. [Backends] is what definitions
// and stages name by an id: VPC links and client certificates.
//
// What the values are, and which query is sent, is package pipeline's business;
// connecting is integration's.
package target
