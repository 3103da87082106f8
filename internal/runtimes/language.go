package runtimes

import (
	"fmt"
	"regexp"
)

// A language is a family of Lambda's runtimes that are started in the same way.
type language struct {
	name    string         // for people
	runtime *regexp.Regexp // the names of its runtimes; its group is the version
	handler string         // a handler by way of example; "" where the code needs none
	debug   string         // where its debuggers look for programs; "" where none can wait for one
	launch  func(*Machine, *Program, string) (*Launch, error)
}

// languages are the families of runtimes that this package starts.
var languages = []language{
	{name: "Node.js", runtime: regexp.MustCompile(`^nodejs([1-9][0-9]?)\.x$`), handler: "index.handler", debug: "127.0.0.1:9229", launch: (*Machine).node},
	{name: "Python", runtime: regexp.MustCompile(`^python(3\.[1-9]?[0-9])$`), handler: "app.lambda_handler", debug: "127.0.0.1:5678", launch: (*Machine).python},
	{name: "Java", runtime: regexp.MustCompile(`^java([1-9][0-9]?)(?:\.al[0-9]+)?$`), handler: "example.Handler::handleRequest", debug: "127.0.0.1:5005", launch: (*Machine).java},
	{name: "an executable bootstrap", runtime: regexp.MustCompile(`^provided()(?:\.al[0-9]+)?$`), launch: (*Machine).provided},
}

// language finds the family of a program's runtime.
func (p *Program) language() (*language, error) {
	for i := range languages {
		if languages[i].runtime.MatchString(p.Runtime) {
			return &languages[i], nil
		}
	}
	return nil, fmt.Errorf("the runtime %q is not one of nodejs22.x, python3.13, java21, provided.al2023 and their like; command starts any program that speaks Lambda's Runtime API", p.Runtime)
}

// DebugAddress is where the debuggers of the program's language look for programs unless
// they are told otherwise. An error says that no debugger can be waited for.
func (p *Program) DebugAddress() (string, error) {
	if l, err := p.language(); err == nil && l.debug != "" {
		return l.debug, nil
	}
	return "", errDebug
}
