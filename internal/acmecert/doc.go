// Package acmecert has an ACME authority (RFC 8555) issue certificates for names, renews
// them while the names are wanted, and keeps them in the store, their private keys sealed.
//
// Which names those are, and at which listeners the authority finds the answers to its
// challenges (tls-alpn-01 and http-01), it leaves to others. The protocol is
// golang.org/x/crypto/acme's; autocert of the same module would issue within a handshake,
// which then waits for the authority, and goes on renewing what nobody wants any more.
package acmecert
