// Package shared is what nodes have in common on a server of Valkey: the tokens of
// throttles, the counts of quotas, and cached answers. It says under which keys they are
// and in which form; all of it is short-lived, and made again when the server has lost it.
package shared
