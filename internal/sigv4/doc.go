// Package sigv4 is AWS Signature Version 4: it verifies requests, signed in the
// Authorization header or in a presigned URL, and signs them in the header.
//
// A [Verifier] says for one service, or for all, who signed a request, and answers a failure
// with the type and the words of AWS; the secrets come from a function that the
// caller gives. What the signer may do is for package policy. A [Signer] signs
// what the data plane sends to services of AWS; the credentials are the
// caller's. Requests are plain data, so that the control plane and the data
// plane can both bring theirs. Both sides build the canonical request with the
// same code; the SDK's signer is the judge of it in the tests.
//
// # What a signature covers
//
// The canonical request is AWS's, with these readings where AWS's text, its
// SDKs and its services leave room:
//
//   - The path is encoded once more as it came, so that every byte of it
//     counts. SDKs disagree on repeated slashes: Go signs them as they are,
//     JavaScript, Java and Python as one. Both are taken. Dot segments are
//     signed as they are; nothing is resolved. S3's path is encoded once.
//   - In the query "+" is a space, as it is for everyone who reads the query
//     afterwards, and a malformed escape is refused. The order of values of
//     one name is not covered, as in AWS's rule.
//   - Runs of spaces in a header value count as one. Tabs are kept.
//   - SignedHeaders must be sorted, without duplicates, hold host and every
//     x-amz-* header of the request, and name no header that is missing. Only
//     x-amz-cf-id, which CloudFront adds on the way, may be unsigned.
//   - The payload is always the body that came, unless the Verifier takes
//     UNSIGNED-PAYLOAD. The STREAMING-* forms are refused, but by a Verifier of
//     requests that go on to another server.
//   - What is wrong before the body has come is told before: a [Claim] has even its
//     signature verified where X-Amz-Content-Sha256 says what the body is, or where
//     there is none. The body is then compared with that.
//   - A request with an Authorization header is judged by it alone; the
//     X-Amz-* parameters in its query are then parameters like others.
package sigv4
