package openapi

import "fmt"

// Parts of a document that others share, by references, YAML's aliases or the
// media types at the top, could make a small document any number of values: 1,000
// media types at the top and 1,000 operations, 12 KB of text, make a million. So
// there is a bound for values that are made of shared parts: 50,000, and ten more
// for each value that the document itself has. A document of 2,000 values may make
// 70,000.
const (
	sharedValues   = 50_000
	sharedPerValue = 10

	// perResource is how many values a resource counts for, which a byte or two of a
	// path can make: it becomes some documents of the store.
	perResource = 20
)

// shareable is how many values may come of a document with that many.
func shareable(values int) int { return sharedValues + sharedPerValue*values }

// spend takes values of the work that an import may do. It reports false when
// there is none left; the import then fails with tooMuch.
func (im *importer) spend(values int) bool {
	im.work += values
	return !im.tired()
}

// tired reports whether the import has done all the work that it may, or is to be
// given up.
func (im *importer) tired() bool {
	if im.asked++; im.halted == nil && im.opts.Stop != nil && im.asked%stopEvery == 0 {
		im.halted = im.opts.Stop()
	}
	if im.halted != nil {
		return true
	}
	return im.work+im.docs.followed > shareable(im.docs.weight)
}

// tooMuch is the error of an import that was given up.
func (im *importer) tooMuch() error {
	if im.halted != nil {
		return im.halted
	}
	text := fmt.Sprintf("the paths, references, consumes and produces make more than %d values of the %d in the document",
		shareable(im.docs.weight), im.docs.weight)
	return &InputError{Findings: []Finding{{Severity: Error, Text: text}}, bound: true}
}
