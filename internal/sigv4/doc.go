// Package sigv4 verifies AWS Signature Version 4 of requests, in the
// Authorization header and in presigned URLs, and answers a failure with the
// type and the words of AWS.
//
// A [Verifier] says for one service who signed a request; the secrets come
// from a function that the caller gives. What the signer may do is for package
// policy. Requests are plain data, so that the control plane and the data
// plane can both bring theirs. Outgoing requests are not signed here.
//
// # What a signature covers
//
// The canonical request is AWS's, with these readings where AWS's text, its
// SDKs and its services leave room:
//
//   - The path is encoded once more as it came, so that every byte of it
//     counts. SDKs disagree on repeated slashes: Go signs them as they are,
//     JavaScript, Java and Python as one. Both are taken. Dot segments are
//     signed as they are; nothing is resolved.
//   - In the query "+" is a space, as it is for everyone who reads the query
//     afterwards, and an escape that is none is refused. The order of values
//     of one name is not covered, as in AWS's rule.
//   - Runs of spaces in a header value count as one. Tabs are kept.
//   - SignedHeaders must be sorted, without duplicates, hold host and every
//     x-amz-* header of the request, and name no header that is missing. Only
//     x-amz-cf-id, which CloudFront adds on the way, may be unsigned.
//   - The payload is always the body that came, unless the Verifier takes
//     UNSIGNED-PAYLOAD. The STREAMING-* forms are refused.
//   - A request with an Authorization header is judged by it alone; the
//     X-Amz-* parameters in its query are then parameters like others.
package sigv4
