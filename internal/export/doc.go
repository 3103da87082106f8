// Package export writes API definitions as Swagger 2.0 and OpenAPI 3.0 documents
// with Amazon API Gateway's extensions: what GetExport answers. It is the inverse of
// package openapi, which reads such documents.
//
// [Document] writes what a deployment froze, with the documentation that its stage
// publishes. The order of members is the service's as far as published exports show
// it; where the service's is that of a hash table, names are sorted, so that equal
// definitions are equal documents. The package knows neither the store nor HTTP.
//
// An import of a document with all extensions makes the same API again, but for its
// endpoint type, its stages and what a document has no place for:
//
//   - of several responses of an integration with one pattern there is only the first,
//     and an import passes over patterns that begin with x-;
//   - Swagger has one model for a body, whatever its media types and those of its
//     templates are, and an import of it leaves some keywords out of models;
//   - the definitions within a model become models beside it, and of keywords that
//     OpenAPI does not have an import tells;
//   - which response headers are required is not said, nor that a parameter of a request
//     has several values: it is declared as one with a single value, of which mappings
//     can still take all;
//   - models for other media types than JSON have no schema, and an import makes models
//     for JSON of them; what CreateModel was told as a model's description is left out, as
//     it is from published exports;
//   - the resource policy goes on naming the API that was exported, as in published
//     exports, and allows no calls of another;
//   - what published documentation says of the API, of models and of their properties
//     becomes their own description;
//   - what models say of themselves becomes documentation as well, which stands before
//     their own description from then on.
package export
