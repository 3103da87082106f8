package openapi

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// maxHops bounds how many references lead to one value.
const maxHops = 32

// documents are the files of a definition.
type documents struct {
	main  *source
	files map[string]*source // the others, by name; nil when there can be none

	weight   int // of the files together
	followed int // values' worth of the references that were followed

	// open reads a file that is not among files yet. Its name is
	// slash-separated and starts where that of main does.
	open func(name string) (*source, error)
}

var (
	errRemote   = errors.New("references to URLs are not followed")
	errExternal = errors.New("references to other files are not followed")
	errCircle   = errors.New("references lead in a circle")
)

// resolve returns what ref leads to when it stands in the file from.
func (d *documents) resolve(from *source, ref string) (*cursor, error) {
	hops := 0
	return d.lookup(from, ref, &hops)
}

func (d *documents) lookup(from *source, ref string, hops *int) (*cursor, error) {
	if *hops++; *hops > maxHops {
		return nil, errCircle
	}
	d.followed += len(ref) / perValue
	file, fragment, _ := strings.Cut(ref, "#")
	src, err := d.file(from, file)
	if err != nil {
		return nil, err
	}
	keys, err := pointerKeys(fragment)
	if err != nil {
		return nil, err
	}
	c := top(src)
	for _, key := range keys {
		if c, err = d.step(c, key, hops); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// step returns the member or item of c called key, looking behind references
// when c is one itself.
func (d *documents) step(c *cursor, key string, hops *int) (*cursor, error) {
	for {
		if next := c.child(key); next != nil {
			return next, nil
		}
		ref := c.get("$ref")
		if !ref.is(text) {
			return nil, fmt.Errorf("there is no %q in %s%s", key, c.node.src.name, strings.TrimPrefix(c.reference(), c.node.src.ref))
		}
		var err error
		if c, err = d.lookup(c.node.src, ref.node.value, hops); err != nil {
			return nil, err
		}
	}
}

// child returns the member or item that key names.
func (c *cursor) child(key string) *cursor {
	if f := c.node.field(key); f != nil {
		return c.member(f)
	}
	if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(c.node.items) {
		return &cursor{node: c.node.items[i], up: c, key: key}
	}
	return nil
}

// pointerKeys returns the keys of a JSON pointer in the fragment of a URI.
func pointerKeys(fragment string) ([]string, error) {
	pointer, err := url.PathUnescape(fragment)
	if err != nil {
		return nil, err
	}
	if pointer == "" || pointer == "/" {
		return nil, nil
	}
	rest, ok := strings.CutPrefix(pointer, "/")
	if !ok {
		return nil, fmt.Errorf("#%s is no JSON pointer", pointer)
	}
	keys := strings.Split(rest, "/")
	for i := range keys {
		keys[i] = pointerUnescaper.Replace(keys[i])
	}
	return keys, nil
}

var pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")

var urlScheme = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]+:|//)`)

// file returns the file that the reference name in the file from leads to.
func (d *documents) file(from *source, name string) (*source, error) {
	switch {
	case name == "":
		return from, nil
	case urlScheme.MatchString(name):
		return nil, errRemote
	case d.files == nil:
		return nil, errExternal
	}
	name, err := url.PathUnescape(name)
	if err != nil {
		return nil, err
	}
	if !path.IsAbs(name) {
		name = path.Join(path.Dir(from.name), name)
	}
	if name == d.main.name {
		return d.main, nil
	}
	src, ok := d.files[name]
	if !ok && d.open != nil {
		if src, err = d.open(name); err != nil {
			d.files[name] = &source{name: name, failed: err}
			return nil, err
		}
		d.files[name] = src
		d.weight += src.root.weight
	}
	if src != nil && src.failed != nil {
		return nil, src.failed
	}
	if src == nil || src.root == nil {
		return nil, fmt.Errorf("%s cannot be read", name)
	}
	return src, nil
}

// follow returns what c stands for: the end of its chain of references, or c
// itself when it is none. It is nil, and a finding tells why, when the chain
// leads nowhere.
func (im *importer) follow(c *cursor) *cursor {
	start := c
	for range maxHops {
		ref := c.get("$ref")
		if !ref.is(text) {
			return c
		}
		to, err := im.docs.resolve(c.node.src, ref.node.value)
		if err != nil {
			im.note(Error, ref, "cannot follow %s: %v", brief(ref.node.value), err)
			return nil
		}
		c = to
		if !im.spend(c.node.weight) {
			return nil
		}
	}
	im.note(Error, start, "%v", errCircle)
	return nil
}

// isOutside reports whether err is for a reference that leaves the files at hand.
func isOutside(err error) bool { return errors.Is(err, errRemote) || errors.Is(err, errExternal) }
