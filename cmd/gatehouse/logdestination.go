package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
)

// A logDestination is where the lines of an access log go: a file, or a collector.
type logDestination struct {
	File string // "-" for standard output; "" for a collector

	URL      string
	Protocol string // sinkLines or sinkOTLP
	Headers  string // file of the headers that its requests have; "" for none
}

// What a collector is sent: the lines as they are in a file, or OTLP's JSON.
const (
	sinkLines = "lines"
	sinkOTLP  = "otlp"
)

// readDestinations reads the map of access-log-destinations.
func readDestinations(n *yaml.Node, to *map[string]logDestination) error {
	out := make(map[string]logDestination)
	err := eachEntry(n, "ARN: FILE", func(key, value *yaml.Node) (err error) {
		var d logDestination
		if resolved(value).Kind == yaml.MappingNode {
			d, err = readCollector(value)
		} else if d.File, err = scalar(value); err == nil && d.File == "" {
			err = errEmpty
		}
		out[key.Value] = d
		return err
	})
	*to = out
	return err
}

func readCollector(n *yaml.Node) (logDestination, error) {
	d := logDestination{Protocol: sinkLines}
	parts := map[string]*string{"url": &d.URL, "protocol": &d.Protocol, "headers": &d.Headers}
	err := eachEntry(n, "url: URL, protocol: lines or otlp, headers: FILE", func(key, value *yaml.Node) (err error) {
		part := parts[key.Value]
		if part == nil {
			return unknownKey(key, []string{"url", "protocol", "headers"}, "part of a collector, which has url, and may have protocol and headers")
		}
		if *part, err = scalar(value); err == nil && *part == "" {
			err = errEmpty
		}
		return err
	})
	switch {
	case err != nil:
	case d.URL == "":
		err = wrongAt(n, "url, the collector's, is missing")
	case d.Protocol != sinkLines && d.Protocol != sinkOTLP:
		err = wrongAt(n, "protocol: %q is neither %s nor %s", brief(d.Protocol), sinkLines, sinkOTLP)
	default:
		err = checkCollectorURL(d.URL)
	}
	return d, err
}

// checkCollectorURL takes what integration.CheckURL takes. A user and a query, in which
// keys are sent, are refused first: other errors repeat them.
func checkCollectorURL(url string) error {
	_, rest, _ := strings.Cut(url, "//")
	authority, _, _ := strings.Cut(rest, "/")
	switch {
	case strings.Contains(authority, "@"):
		return errors.New("a collector's URL has no user: what proves who sends belongs into the file of headers")
	case strings.Contains(url, "?"):
		return errors.New("a collector's URL has no query: what proves who sends belongs into the file of headers")
	}
	return integration.CheckURL(url)
}

// collector names a collector in logs: its path may hold a key.
func (d *logDestination) collector() string {
	scheme, rest, _ := strings.Cut(d.URL, "//")
	return scheme + "//" + rest[:strings.IndexByte(rest+"/", '/')]
}

// check reports why lines cannot be sent there.
func (d *logDestination) check() error {
	if d.URL == "" {
		return checkLog(d.File)
	}
	if d.Headers == "" {
		return nil
	}
	_, err := readHeaders(d.Headers)
	return err
}

// maxHeaderFile bounds a file of headers.
const maxHeaderFile = 16 << 10

// readHeaders reads a file of headers, a "Name: value" a line; lines that are empty or
// begin with # are passed over. No error repeats what the file says.
func readHeaders(name string) (http.Header, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxHeaderFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxHeaderFile {
		return nil, fmt.Errorf("%s is longer than %d bytes", name, maxHeaderFile)
	}
	out := make(http.Header)
	number := 0
	for line := range bytes.Lines(text) {
		number++
		line := strings.TrimSpace(string(line))
		if line == "" || line[0] == '#' {
			continue
		}
		field, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if !ok || !httpmsg.ValidName(field) || !httpmsg.ValidValue(value) || ofTransport[http.CanonicalHeaderKey(field)] {
			return nil, fmt.Errorf("%s:%d: is no header such as Authorization: Bearer …", name, number)
		}
		out.Add(field, value)
	}
	return out, nil
}

// ofTransport are the headers that say how a request goes over its connection.
var ofTransport = map[string]bool{"Host": true, "Content-Length": true, "Transfer-Encoding": true, "Connection": true, "Upgrade": true, "Trailer": true, "Te": true, "Content-Encoding": true}
