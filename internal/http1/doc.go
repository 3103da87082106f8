// Package http1 reads HTTP/1.1 and HTTP/1.0 as a server: the heads of requests, and
// their bodies when somebody asks for them.
//
// It takes what RFC 9112 says and nothing that two readers could take for different
// requests: lines that end in LF alone or are folded, a length beside a transfer
// coding or twice, a transfer coding in HTTP/1.0, a target that names another host
// than Host does, blanks in a chunk's size. A proxy in front of us may read any of
// these differently, and where one request ends and the next begins is then the
// sender's choice. Such a connection ends.
//
// Who owns the connection gives each read its time, answers, and says when the next
// request may come.
package http1
