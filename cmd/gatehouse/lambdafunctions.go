package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-gw/gatehouse/internal/functions"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
)

// A lambdaFunction is where a Lambda function is: at a URL, or in a directory, whose code
// is run.
type lambdaFunction struct {
	URL  string
	Code *functions.Config // nil where there is a URL

	OfTemplate bool // and of no entry: what is named there may be built later
	line       int  // of the entry; 0 for none
}

// readFunctions reads the map of lambda-functions.
func readFunctions(n *yaml.Node, to *map[string]lambdaFunction) error {
	out := make(map[string]lambdaFunction)
	err := eachEntry(n, "name: URL", func(key, value *yaml.Node) (err error) {
		f := lambdaFunction{line: key.Line}
		if resolved(value).Kind == yaml.MappingNode {
			f.Code = &functions.Config{Name: integration.FunctionName(key.Value)}
			err = readFunction(resolved(value), f.Code)
		} else if f.URL, err = scalar(value); err == nil && f.URL == "" {
			err = errEmpty
		}
		out[key.Value] = f
		return err
	})
	*to = out
	return err
}

// functionKeys are the members of a function whose code is run.
var functionKeys = []string{"runtime", "command", "handler", "dir", "environment", "timeout", "memory", "concurrency", "layers", "role"}

// readFunction reads a function whose code is run. Directories are found from the
// working directory, as all that the file names.
func readFunction(n *yaml.Node, c *functions.Config) error {
	p := &c.Program
	err := eachMember(n, func(key, value *yaml.Node) (err error) {
		switch key.Value {
		case "runtime":
			p.Runtime, err = scalar(value)
		case "handler":
			p.Handler, err = scalar(value)
		case "dir":
			p.Dir, err = readPath(value)
		case "command":
			p.Command, err = readCommand(value)
		case "layers":
			p.Layers, err = readPathList(value)
		case "environment":
			err = readVariables(value, &c.Environment)
		case "timeout":
			var seconds int
			seconds, err = readCount(value)
			c.Timeout = time.Duration(seconds) * time.Second
		case "memory":
			p.Memory, err = readCount(value)
		case "role":
			c.Role, err = scalar(value)
		case "concurrency":
			c.Concurrency, err = readCount(value)
		default:
			err = unknownKey(key, functionKeys, "part of a function, which is a URL or has "+strings.Join(functionKeys, ", "))
		}
		return behind(err, key, key.Value+": ")
	})
	if p.Dir != "" {
		c.Code = append(c.Code, p.Dir)
	} else if err == nil {
		p.Dir, err = filepath.Abs(".") // which has files of all kinds
	}
	c.Code = append(c.Code, p.Layers...)
	return err
}

// readPath reads the path of a directory.
func readPath(n *yaml.Node) (string, error) {
	name, err := scalar(n)
	if err == nil && name == "" {
		err = errEmpty
	}
	if err != nil {
		return "", err
	}
	return filepath.Abs(name)
}

// readPathList reads a list of directories.
func readPathList(n *yaml.Node) ([]string, error) {
	n = resolved(n)
	if n.Kind != yaml.SequenceNode {
		return nil, wrongAt(n, "is %s and not a list of directories", shapeOf(n))
	}
	var list []string
	for _, item := range n.Content {
		name, err := readPath(item)
		if err != nil {
			return nil, err
		}
		list = append(list, name)
	}
	return list, nil
}

// readCommand reads a command line: a list, or a text whose words are one.
func readCommand(n *yaml.Node) ([]string, error) {
	n = resolved(n)
	if n.Kind != yaml.SequenceNode {
		text, err := scalar(n)
		if err == nil && strings.TrimSpace(text) == "" {
			err = errEmpty
		}
		return strings.Fields(text), err
	}
	var words []string
	for _, item := range n.Content {
		word, err := scalar(item)
		if err != nil {
			return nil, err
		}
		words = append(words, word)
	}
	if len(words) == 0 {
		return nil, errEmpty
	}
	return words, nil
}

// readVariables reads the variables of an environment, which may be empty.
func readVariables(n *yaml.Node, to *map[string]string) error {
	out := make(map[string]string)
	err := eachEntry(n, "NAME: value", func(key, value *yaml.Node) (err error) {
		if key.Value == "" || strings.ContainsAny(key.Value, "=\x00") {
			return errors.New("is no name of a variable")
		}
		out[key.Value], err = scalar(value)
		return err
	})
	*to = out
	return err
}

// readCount reads a number above 0.
func readCount(n *yaml.Node) (int, error) {
	text, err := scalar(n)
	if err != nil {
		return 0, err
	}
	count, err := strconv.Atoi(text)
	if err != nil || count <= 0 || count > 1<<20 {
		return 0, wrongAt(n, "%q is no number above 0", brief(text))
	}
	return count, nil
}

func checkFunctions(c *config) error {
	for _, name := range slices.Sorted(maps.Keys(c.LambdaFunctions)) {
		if !integration.IsFunction(name) {
			return &misplaced{c.LambdaFunctions[name].line, fmt.Sprintf("%q is no Lambda function: a name such as orders, orders:live, or an ARN", brief(name))}
		}
		f := c.LambdaFunctions[name]
		err := error(nil)
		if f.Code != nil {
			err = f.Code.Check()
		} else {
			err = integration.CheckURL(f.URL)
		}
		if err != nil {
			return c.wrongFunction(name, err)
		}
	}
	return nil
}

// wrongFunction is an error of a function of lambda-functions.
func (c *config) wrongFunction(name string, err error) error {
	return &misplaced{c.LambdaFunctions[name].line, name + ": " + err.Error()}
}

// checkRoles refuses roles of functions where nothing says what a role may do.
func (c *config) checkRoles() error {
	code := c.functionCode()
	for _, name := range slices.Sorted(maps.Keys(code)) {
		if code[name].Role != "" && c.open() {
			return c.wrong("lambda-functions", c.wrongFunction(name, errors.New("role: has no effect without a file of --credentials, which names roles")))
		}
	}
	return nil
}

// functionURLs are the functions that have URLs.
func (c *config) functionURLs() map[string]string {
	urls := make(map[string]string)
	for name, f := range c.LambdaFunctions {
		if f.Code == nil {
			urls[name] = f.URL
		}
	}
	return urls
}

// functionCode is the functions whose code is run. One that has two names is there twice.
func (c *config) functionCode() map[string]*functions.Config {
	debugged, waits := c.waiting()
	code := make(map[string]*functions.Config)
	for name, f := range c.LambdaFunctions {
		switch {
		case f.Code == nil:
		case f.Code == debugged:
			code[name] = waits
		default:
			code[name] = f.Code
		}
	}
	return code
}
