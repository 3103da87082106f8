package openapi

import (
	"fmt"
	"strings"
)

// An InputError says that bytes are no definition at all: no JSON or YAML, or
// without a version that is read here. Its text is the service's, for clients;
// the findings tell what is wrong where.
type InputError struct {
	Findings []Finding
}

// Error returns the service's text, the same for all reasons.
func (e *InputError) Error() string { return "Invalid OpenAPI input." }

// ImportErrors is an import that failed in some of its parts. The control plane
// adds to it what PutMethod and its like refuse; the zero value holds nothing.
type ImportErrors struct {
	Errors   []string
	Warnings []string // shown after the errors
}

// Err returns e as an error, nil when it holds no errors.
func (e *ImportErrors) Err() error {
	if len(e.Errors) == 0 {
		return nil
	}
	return e
}

// MaxTold is how many errors, and how many warnings, a text tells one by one.
const MaxTold = 20

// maxLine bounds the bytes of each: names in a document have any length.
const maxLine = 2000

// Error returns the service's text: a heading, then a line for each error and,
// if there are some, for each warning. Behind the first MaxTold it says how many
// more there are.
func (e *ImportErrors) Error() string {
	var b strings.Builder
	if len(e.Errors) > 0 {
		b.WriteString("Errors found during import:")
		writeLines(&b, e.Errors)
	}
	if len(e.Warnings) == 0 {
		return b.String()
	}
	if b.Len() > 0 {
		b.WriteString("\nAdditionally, these warnings were found:")
	} else {
		b.WriteString("Warnings found during import:")
	}
	writeLines(&b, e.Warnings)
	return b.String()
}

func writeLines(b *strings.Builder, lines []string) {
	const newLine = "\n\t"
	for _, line := range lines[:min(len(lines), MaxTold)] {
		b.WriteString(newLine)
		if len(line) > maxLine {
			line = strings.ToValidUTF8(line[:maxLine], "") + "…"
		}
		b.WriteString(line)
	}
	if more := len(lines) - MaxTold; more > 0 {
		fmt.Fprintf(b, "%sand %d more", newLine, more)
	}
}

// Resource adds that the resource at path could not be created.
func (e *ImportErrors) Resource(path string, err error) {
	e.add("Unable to create resource at path '%s': %v", path, err)
}

// Model adds that the model called name could not be created.
func (e *ImportErrors) Model(name string, err error) {
	e.add("Unable to create model for '%s': %v", name, err)
}

// Method adds that a method could not be put.
func (e *ImportErrors) Method(verb, path string, err error) {
	e.add("Unable to put method '%s' on resource at path '%s': %v", verb, path, err)
}

// MethodResponse adds that a response of a method could not be put.
func (e *ImportErrors) MethodResponse(verb, path string, err error) {
	e.add("Unable to put method response on '%s' for resource at path '%s': %v", verb, path, err)
}

// Integration adds that the integration of a method could not be put.
func (e *ImportErrors) Integration(verb, path string, err error) {
	e.add("Unable to put integration on '%s' for resource at path '%s': %v", verb, path, err)
}

// IntegrationResponse adds that a response of an integration could not be put.
func (e *ImportErrors) IntegrationResponse(verb, path string, err error) {
	e.add("Unable to put integration response on '%s' for resource at path '%s': %v", verb, path, err)
}

func (e *ImportErrors) add(format string, args ...any) {
	e.Errors = append(e.Errors, fmt.Sprintf(format, args...))
}

// FailOnWarnings returns the error of an import that was asked to fail on
// warnings, nil when there are none.
func FailOnWarnings(warnings []string) error {
	if len(warnings) == 0 {
		return nil
	}
	return &ImportErrors{Warnings: warnings}
}
