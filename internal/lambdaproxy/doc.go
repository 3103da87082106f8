// Package lambdaproxy is the JSON that an integration of API Gateway exchanges
// with a Lambda function.
//
// A Request becomes the event that a function gets, byte by byte as AWS writes
// it; an Output reads what a function of a proxy integration returns. Both are
// on the path of every call: nothing is built that nobody asked for, and what a
// function sends is read once, strictly, in bounded memory.
//
// Which headers of a call a function sees, and what becomes of an output's, is
// the business of package pipeline.
package lambdaproxy
