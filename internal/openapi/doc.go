// Package openapi reads API definitions: Swagger 2.0 and OpenAPI 3.0 documents
// with Amazon API Gateway's extensions, as JSON or YAML, become the resources,
// methods, integrations and models that the service would make of them.
//
// [Parse] reads one document that came over the wire, as ImportRestApi and
// PutRestApi do. [Load] reads a file with the local files it refers to, and with
// Options.Lenient takes what the service refuses where its meaning is clear:
// OpenAPI 3.1, model names with any characters, operations without an
// integration, which then answer with their examples.
//
// The result is plain data in the shapes of package wire. Nothing in a document
// goes unseen: what the service would warn about is in Warnings, what it drops
// without a word is a [Finding], and each feature that needs somebody's support
// is a [Feature]. What a document says of its entities, such as the description of
// an operation, is documentation as its extension is: an import makes parts of both.
// Creating the resources, checking what PutMethod and its like check, and refusing
// features that cannot be served yet are left to the control plane. The other
// direction is package export.
package openapi
