// Package export writes API definitions as Swagger 2.0 and OpenAPI 3.0 documents
// with Amazon API Gateway's extensions: what GetExport answers. It is the inverse of
// package openapi, which reads such documents.
//
// [Document] writes what a deployment froze, with the documentation that its stage
// publishes. The order of members is the service's as far as published exports show
// it; where the service's is that of a hash table, names are sorted, so that equal
// definitions are equal documents. The package knows neither the store nor HTTP.
package export
