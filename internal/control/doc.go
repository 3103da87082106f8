// Package control is the control plane: what each of Amazon API Gateway's
// operations does to the definitions of APIs, and what it publishes for the
// data plane to serve.
//
// One file holds one kind of resource: create, get, list, update, delete, its
// patch table, its checks. kind.go has a line for each kind: whose its documents
// are, how they are served, tagged and indexed. ops.go lists the operations. An operation is typed
// in and typed out and runs in one transaction of the store; binding, framework
// checks and HTTP are package wire's, who the caller is its hooks'.
//
// All Update operations share one mechanism, package patch: a table of the paths
// that an operation takes, which is its documentation. What has to hold between
// members is checked on the result, by the functions that creation uses too.
// Quotas and rates are settings (quota.go, package throttle); AWS's are values of
// them.
//
// The rule for settings is to enforce or to refuse. A setting that protects
// and is not enforced yet is accepted, and the requests it concerns fail
// closed in the data plane; one that changes answers is refused here by name
// (see unserved.go); one that observes or describes AWS's own infrastructure
// is kept for clients to read.
package control
