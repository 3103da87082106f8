// Package authz decides who may call a method: by the answers of Lambda
// authorizers, the tokens of user pools, signatures, and the resource policies of
// APIs.
//
// It knows neither listeners nor the store: what it needs of a call, and the
// call of a function, its user brings. Everything is compiled when a deployment
// is. What is not understood, not reached or not there refuses the call.
package authz
