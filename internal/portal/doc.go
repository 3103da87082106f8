// Package portal writes the page on which people read what a stage offers, and try
// it: it turns the export of a stage into HTML.
//
// What an export says is text of strangers. The page is made of elements whose names
// and attributes stand in this package, so that nothing of a definition is markup,
// script or style: descriptions are read as a small part of Markdown, of which links
// lead to web pages and mail addresses alone. The page's script and style are in it, and
// [Policy] lets a browser run these two by their digests and nothing else.
//
// The package knows neither the store nor HTTP.
package portal
