package openapi

import (
	"cmp"
	"fmt"
	"strings"
)

// An InputError says that bytes are no definition at all: no JSON or YAML, without
// a version that is read here, larger than a bound, or with an integration that
// cannot be read. Its text is for clients; the findings, of which there is one at
// least, tell what is wrong where.
type InputError struct {
	Findings []Finding

	malformed string // the service's text about an integration, "" for another reason
	bound     bool   // the first finding is a bound of ours, which the service does not have
}

// Error returns the service's text, the same for all its reasons but
// integrations, and the rule where it is ours.
func (e *InputError) Error() string {
	if e.bound {
		return "Invalid OpenAPI input: " + e.Findings[0].Text
	}
	return cmp.Or(e.malformed, "Invalid OpenAPI input.")
}

// ImportErrors is an import that failed in some of its parts. The control plane
// adds to it what PutMethod and its like refuse; the zero value holds nothing.
type ImportErrors struct {
	Errors   []string // the first 500 that Add was given
	Warnings []string // shown after the errors

	more int // errors that are not kept
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

// Error returns the service's text: a heading, then a line for each error and,
// if there are some, for each warning. Behind the first MaxTold it says how many
// more there are.
func (e *ImportErrors) Error() string {
	var b strings.Builder
	if len(e.Errors) > 0 {
		b.WriteString("Errors found during import:")
		writeLines(&b, e.Errors, e.more)
	}
	if len(e.Warnings) == 0 {
		return b.String()
	}
	if b.Len() > 0 {
		b.WriteString("\nAdditionally, these warnings were found:")
	} else {
		b.WriteString("Warnings found during import:")
	}
	writeLines(&b, e.Warnings, 0)
	return b.String()
}

// writeLines writes the first lines, and how many more there are: more besides those
// at hand.
func writeLines(b *strings.Builder, lines []string, more int) {
	const newLine = "\n\t"
	for _, line := range lines[:min(len(lines), MaxTold)] {
		b.WriteString(newLine)
		b.WriteString(cut(line, maxFinding))
	}
	if more += len(lines) - MaxTold; more > 0 {
		fmt.Fprintf(b, "%sand %d more", newLine, more)
	}
}

// Resource adds that the resource at path could not be created.
func (e *ImportErrors) Resource(path string, err error) {
	e.Add(fmt.Sprintf("Unable to create resource at path '%s': %v", brief(path), err))
}

// Model adds that the model called name could not be created.
func (e *ImportErrors) Model(name string, err error) {
	e.Add(fmt.Sprintf("Unable to create model for '%s': %v", brief(name), err))
}

// Authorizer adds that the authorizer called name could not be created.
func (e *ImportErrors) Authorizer(name string, err error) {
	e.Add(fmt.Sprintf("Unable to create authorizer '%s': %v", brief(name), err))
}

// Method adds that a method could not be put.
func (e *ImportErrors) Method(verb, path string, err error) {
	e.Add(fmt.Sprintf("Unable to put method '%s' on resource at path '%s': %v", verb, brief(path), err))
}

// MethodResponse adds that a response of a method could not be put.
func (e *ImportErrors) MethodResponse(verb, path string, err error) {
	e.Add(fmt.Sprintf("Unable to put method response on '%s' for resource at path '%s': %v", verb, brief(path), err))
}

// Integration adds that the integration of a method could not be put.
func (e *ImportErrors) Integration(verb, path string, err error) {
	e.Add(fmt.Sprintf("Unable to put integration on '%s' for resource at path '%s': %v", verb, brief(path), err))
}

// IntegrationResponse adds that a response of an integration could not be put.
func (e *ImportErrors) IntegrationResponse(verb, path string, err error) {
	e.Add(fmt.Sprintf("Unable to put integration response on '%s' for resource at path '%s': %v", verb, brief(path), err))
}

// Add adds an error, which is cut off where it is too long.
func (e *ImportErrors) Add(message string) {
	if len(e.Errors) >= maxFindings {
		e.more++
		return
	}
	e.Errors = append(e.Errors, cut(message, maxFinding))
}

// FailOnWarnings returns the error of an import that was asked to fail on
// warnings, nil when there are none.
func FailOnWarnings(warnings []string) error {
	if len(warnings) == 0 {
		return nil
	}
	return &ImportErrors{Warnings: warnings}
}
