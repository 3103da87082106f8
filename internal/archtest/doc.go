// Package archtest holds the rules of the code base as tests: which package
// may import which, that every package says what it is for, how long files and
// functions may be.
package archtest
