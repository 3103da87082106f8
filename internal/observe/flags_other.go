//go:build !unix

package observe

// openFlags is nothing where files do not wait to be opened.
const openFlags = 0
