// Package accesslog writes the lines of a stage's access log, in the format of its
// accessLogSettings: text with $context references.
//
// A format is taken apart once, when the settings of its stage are published. A line is made
// of a Record, which says what came of a request; how the request was served is
// not this package's business.
package accesslog
