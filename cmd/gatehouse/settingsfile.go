package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-gw/gatehouse/internal/spelling"
)

// A misplaced error says what is wrong in a line of the configuration file.
type misplaced struct {
	line int
	text string
}

func (e *misplaced) Error() string { return e.text }

func wrongAt(n *yaml.Node, format string, args ...any) error {
	return &misplaced{n.Line, fmt.Sprintf(format, args...)}
}

// reason is an error of a file without the file's name, which is said already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// readFile lays a YAML file over c. A key that is no setting is an error, and so is
// one that is given twice.
func (c *config) readFile(name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("configuration file %s: %w", name, reason(err))
	}
	top, err := parseDocument(content)
	if err == nil && top != nil {
		err = c.readKeys(top, name)
	}
	var at *misplaced
	if errors.As(err, &at) {
		return fmt.Errorf("%s:%d: %w", name, at.line, err)
	}
	return err
}

// libraryLine is where the YAML library's errors name the line.
var libraryLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// parseDocument returns the one object of a YAML file, nil when the file holds
// nothing.
func parseDocument(content []byte) (*yaml.Node, error) {
	var doc, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(content))
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		text, line := err.Error(), 1
		if m := libraryLine.FindStringSubmatch(text); m != nil {
			line, _ = strconv.Atoi(m[1])
			text = text[len(m[0]):]
		}
		return nil, &misplaced{max(line, 1), "is no YAML: " + text}
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, wrongAt(&more, "a second document begins here; a configuration file has one")
	}
	top := resolved(doc.Content[0])
	switch {
	case isNull(top):
		return nil, nil
	case top.Kind != yaml.MappingNode:
		return nil, wrongAt(top, "the file holds %s; it should be keys with values, such as listen: 127.0.0.1:4566", shapeOf(top))
	}
	return top, nil
}

// readKeys reads the keys at the top of the file of that name.
func (c *config) readKeys(top *yaml.Node, file string) error {
	return eachMember(top, func(key, value *yaml.Node) error {
		s := settingCalled(key.Value)
		if s == nil {
			return unknownKey(key, settingNames(), "setting")
		}
		if c.given == nil {
			c.given = make(map[string]source)
		}
		c.given[s.name] = source{name: fmt.Sprintf("%s:%d: %s", file, key.Line, s.name), file: file}
		var err error
		if s.value == nil || s.read != nil && resolved(value).Kind == yaml.MappingNode {
			err = s.read(c, value)
		} else {
			err = setFromFile(s.value(c), value)
		}
		return behind(err, key, s.name+": ")
	})
}

// behind puts the name of a part before an error in it, which is at key when the
// error does not say where.
func behind(err error, key *yaml.Node, name string) error {
	if err == nil {
		return nil
	}
	var at *misplaced
	if errors.As(err, &at) {
		return &misplaced{at.line, name + at.text}
	}
	return &misplaced{key.Line, name + err.Error()}
}

func settingCalled(name string) *setting {
	for i := range settings {
		if settings[i].name == name {
			return &settings[i]
		}
	}
	return nil
}

// unknownKey is the error of a key that is none of those known.
func unknownKey(key *yaml.Node, known []string, what string) error {
	if meant, ok := spelling.Nearest(key.Value, known); ok {
		return wrongAt(key, "%s is no %s; did you mean %s?", brief(key.Value), what, meant)
	}
	return wrongAt(key, "%s is no %s", brief(key.Value), what)
}

// setFromFile gives a setting that has one text, or a list of texts, its value.
func setFromFile(v pflag.Value, n *yaml.Node) error {
	n = resolved(n)
	list, ok := v.(pflag.SliceValue)
	if ok && n.Kind == yaml.SequenceNode {
		var texts []string
		for _, item := range n.Content {
			s, err := scalar(item)
			if err != nil {
				return err
			}
			texts = append(texts, s)
		}
		return list.Replace(texts)
	}
	s, err := scalar(n)
	if err != nil {
		return err
	}
	return v.Set(s)
}

// scalar returns the text of a value as it stands in the file.
func scalar(n *yaml.Node) (string, error) {
	n = resolved(n)
	switch {
	case isNull(n):
		return "", wrongAt(n, "has no value")
	case n.Kind != yaml.ScalarNode:
		return "", wrongAt(n, "is %s and not one value", shapeOf(n))
	}
	return n.Value, nil
}

// readTexts reads a map of texts.
func readTexts(n *yaml.Node, to *map[string]string) error {
	out := make(map[string]string)
	err := eachEntry(n, "name: value", func(key, value *yaml.Node) error {
		s, err := scalar(value)
		if err == nil && s == "" {
			err = errEmpty
		}
		out[key.Value] = s
		return err
	})
	*to = out
	return err
}

// readPairs reads a map of texts as a list of NAME=VALUE, in the order of the file.
func readPairs(n *yaml.Node, to *[]string) error {
	*to = nil
	return eachEntry(n, "name: value", func(key, value *yaml.Node) error {
		s, err := scalar(value)
		if err == nil && s == "" {
			err = errEmpty
		}
		*to = append(*to, key.Value+"="+s)
		return err
	})
}

// readLists reads a map of lists; one text is a list of it.
func readLists(n *yaml.Node, to *map[string][]string) error {
	out := make(map[string][]string)
	err := eachEntry(n, "name: [value, value]", func(key, value *yaml.Node) error {
		var list []string
		added := true
		if err := setFromFile(listValue{&list, &added}, value); err != nil {
			return err
		}
		out[key.Value] = list
		return nil
	})
	*to = out
	return err
}

// readCertificates reads the list of certificates.
func readCertificates(n *yaml.Node, to *[]certificate) error {
	n = resolved(n)
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return wrongAt(n, "is %s and not a list: - {cert: FILE, key: FILE}", shapeOf(n))
	}
	arns := make(map[string]bool)
	for i, item := range n.Content {
		var pair certificate
		err := eachEntry(item, "cert: FILE, key: FILE", func(key, value *yaml.Node) (err error) {
			switch key.Value {
			case "cert":
				pair.Cert, err = scalar(value)
			case "key":
				pair.Key, err = scalar(value)
			case "arn":
				if pair.ARN, err = scalar(value); err == nil && !strings.HasPrefix(pair.ARN, "arn:") {
					err = wrongAt(value, "%q is no ARN of a certificate, such as arn:aws:acm:us-east-1:123456789012:certificate/1", pair.ARN)
				}
			default:
				err = unknownKey(key, []string{"cert", "key", "arn"}, "part of a certificate, which has cert and key, and may have arn")
			}
			return err
		})
		if err == nil {
			err = pair.complete(item)
		}
		if err == nil && arns[pair.ARN] {
			err = wrongAt(item, "another certificate has the ARN %s, too", pair.ARN)
		}
		if err != nil {
			return behind(err, item, fmt.Sprintf("[%d]: ", i))
		}
		if pair.ARN != "" {
			arns[pair.ARN] = true
		}
		*to = append(*to, pair)
	}
	return nil
}

// complete reports what a pair lacks.
func (pair certificate) complete(n *yaml.Node) error {
	switch {
	case pair.Cert == "":
		return wrongAt(n, "cert, the file of the certificate, is missing")
	case pair.Key == "":
		return wrongAt(n, "key, the file of the private key, is missing")
	}
	return nil
}

// eachEntry visits the entries of a map whose keys are the user's. form is how such a
// map looks.
func eachEntry(n *yaml.Node, form string, visit func(key, value *yaml.Node) error) error {
	n = resolved(n)
	switch {
	case isNull(n):
		return nil
	case n.Kind != yaml.MappingNode:
		return wrongAt(n, "is %s and not a map: {%s}", shapeOf(n), form)
	}
	return eachMember(n, func(key, value *yaml.Node) error {
		return behind(visit(key, value), key, brief(key.Value)+": ")
	})
}

// eachMember visits the members of an object, none of which may be there twice.
func eachMember(n *yaml.Node, visit func(key, value *yaml.Node) error) error {
	lines := make(map[string]int)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := resolved(n.Content[i])
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			return wrongAt(n.Content[i], "a key is a name, and nothing is merged")
		}
		if line, ok := lines[key.Value]; ok {
			return wrongAt(key, "%s is given on line %d already", brief(key.Value), line)
		}
		lines[key.Value] = key.Line
		if err := visit(key, n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// resolved returns what an alias stands for, and any other value itself.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// shapeOf says in plain words what a value is.
func shapeOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a map"
	}
	return fmt.Sprintf("the text %q", brief(strings.TrimSpace(n.Value)))
}
