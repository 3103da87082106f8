// Package filewatch tells when files below directories have changed, so that what was
// read from them can be read again.
//
// It is told by the system where that can tell, of as many directories as it may ask
// about, and else looks at the files itself now and then.
package filewatch
