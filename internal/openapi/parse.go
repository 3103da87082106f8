package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Parse reads a definition of at most Options.MaxSize bytes. It fails with an *InputError
// when data is no definition, and with what Options.Stop or Options.Memory returns; a definition whose parts are wrong is an API with
// Errors, Warnings and Findings. References to other files are not followed.
func Parse(data []byte, o Options) (*API, error) {
	src, findings, err := readSource(o.File, data, o)
	if err != nil {
		return nil, err
	}
	return build(&documents{main: src, weight: src.root.weight}, o, findings)
}

// ParseDocumentation reads of a definition the documentation that its extension holds,
// and nothing else: the rest may be as wrong as it likes. Its errors are Parse's, in
// the words in which ImportDocumentationParts gives them.
func ParseDocumentation(data []byte, o Options) (*API, error) {
	src, findings, err := readSource(o.File, data, o)
	if err == nil {
		var im *importer
		if im, err = newImporter(&documents{main: src, weight: src.root.weight}, o, findings); err == nil {
			im.readDocumentation()
			sortFindings(im.api.Findings)
			return im.api, nil
		}
	}
	if input, ok := errors.AsType[*InputError](err); ok && !input.bound {
		input.malformed = "Unable to build importer with provided input."
	}
	return nil, err
}

// readSource parses data, which is JSON when it begins as JSON does and YAML
// otherwise.
func readSource(name string, data []byte, o Options) (*source, []Finding, error) {
	src := &source{name: name, maxWeight: o.maxWeight(), stop: o.Stop, memory: o.Memory}
	findings, err := src.read(data, o)
	if err == nil {
		if o.Lenient {
			findings = append(findings, intrinsics(src)...)
		} else if wrong := mistakes(findings); len(wrong) > 0 {
			return nil, nil, bounded(wrong)
		}
	}
	var syntax *syntaxError
	if errors.As(err, &syntax) {
		return nil, nil, &InputError{Findings: []Finding{{
			Severity: Error,
			Position: Position{File: name, Line: syntax.line, Column: syntax.column},
			Text:     syntax.text,
		}}}
	}
	return src, findings, err
}

// read parses data into src.root.
func (src *source) read(data []byte, o Options) (findings []Finding, err error) {
	if limit := o.maxSize(); len(data) > limit {
		return nil, &syntaxError{line: 1, column: 1, text: fmt.Sprintf("larger than %d bytes", limit)}
	}
	data = o.substitute(bytes.TrimPrefix(data, []byte("\ufeff")))
	if !utf8.Valid(data) {
		return nil, &syntaxError{line: 1, column: 1, text: "not UTF-8"}
	}
	if start := bytes.TrimLeft(data, " \t\r\n"); len(start) > 0 && (start[0] == '{' || start[0] == '[') {
		src.root, err = parseJSON(src, data)
		return nil, err
	}
	src.root, findings, err = parseYAML(src, data)
	return findings, err
}

// substitute replaces the variables of the service in the text of a document,
// before it is read: wherever they stand.
func (o Options) substitute(data []byte) []byte {
	for name, value := range map[string]string{
		"AccountId": o.AccountID,
		"Partition": o.Partition,
		"Region":    o.Region,
	} {
		if value != "" {
			data = bytes.ReplaceAll(data, []byte("${AWS::"+name+"}"), []byte(value))
		}
	}
	return data
}

// A dialect is the specification that a document follows.
type dialect uint8

const (
	swagger2 dialect = iota
	openapi30
	openapi31
)

// dialectOf returns the dialect of a document and its version as written.
func dialectOf(doc *cursor, lenient bool) (dialect, string, error) {
	if !doc.is(object) {
		return 0, "", errors.New("the document is not an object")
	}
	if v := doc.str("swagger"); v != "" {
		if v == "2.0" || v == "2" {
			return swagger2, "2.0", nil
		}
		return 0, "", unsupported("Swagger", v, "2.0 is", lenient)
	}
	v := doc.str("openapi")
	switch {
	case v == "":
		return 0, "", errors.New(`neither "swagger" nor "openapi" says which specification this follows`)
	case v == "3.0" || strings.HasPrefix(v, "3.0."):
		return openapi30, v, nil
	case v == "3.1" || strings.HasPrefix(v, "3.1."):
		return openapi31, v, nil
	}
	return 0, "", unsupported("OpenAPI", v, "3.0 is", lenient)
}

// unsupported is the error of a version that is not read. A lenient import names all
// that are.
func unsupported(specification, version, own string, lenient bool) error {
	if lenient {
		own = "Swagger 2.0 and OpenAPI 3.0 and 3.1 are"
	}
	return fmt.Errorf("%s %s is not supported: %s", specification, version, own)
}

// An importer is one import as it goes on.
type importer struct {
	opts     Options
	dialect  dialect
	docs     *documents
	doc      *cursor // the top of the main document
	api      *API
	noted    map[Finding]bool
	told     [Error + 1][Security + 1]int // findings of each severity and concern
	uses     map[FeatureName]int
	asked    int   // how often it was asked whether the import goes on
	halted   error // what Options.Stop has said
	work     int   // values visited through references or made more than once
	examples int   // values made for examples
	bodies   int   // bytes of the templates made from examples

	malformed string // the text about the first integration that cannot be read

	documentation documentation

	models     *modelSet
	schemes    map[string]scheme
	unsecured  int // operations that say nothing of who may call them
	validators map[string]bool
	upstream   *string // base URL of the operations without an integration, without a slash at its end; nil before it is looked for
	tree       *resourceTree
}

// newImporter begins the import of the main document in docs.
func newImporter(docs *documents, o Options, findings []Finding) (*importer, error) {
	doc := top(docs.main)
	d, version, err := dialectOf(doc, o.Lenient)
	if err == nil && d == openapi31 && !o.Lenient {
		err = unsupported("OpenAPI", version, "3.0 is", false)
	}
	if err != nil {
		for _, key := range []string{"swagger", "openapi"} {
			if c := doc.get(key); c != nil {
				doc = c
			}
		}
		return nil, &InputError{bound: doc.up != nil, Findings: []Finding{{Severity: Error, Position: doc.place(), Text: err.Error()}}}
	}
	return &importer{
		opts:    o,
		dialect: d,
		docs:    docs,
		doc:     doc,
		api:     &API{Dialect: version, Findings: findings, Plain: !extended(docs.main.root), docs: docs},
		noted:   make(map[Finding]bool),
		uses:    make(map[FeatureName]int),
	}, nil
}

// build makes the API of the main document in docs.
func build(docs *documents, o Options, findings []Finding) (*API, error) {
	im, err := newImporter(docs, o, findings)
	if err != nil {
		return nil, err
	}
	im.readTop()
	im.readSettings()
	im.readSecuritySchemes()
	im.readModels()
	im.readPaths()
	im.tellTopSecurity()
	im.readUsagePlans()
	im.finishModels()
	im.describeShadowed()
	im.api.DropModels(im.models.refused)
	if im.tired() {
		return nil, im.tooMuch()
	}
	sortFindings(im.api.Findings)
	if im.malformed != "" && !o.Lenient { // a lenient import goes on, to tell what else is wrong
		return nil, &InputError{malformed: im.malformed, Findings: mistakes(im.api.Findings)}
	}
	return im.api, nil
}
