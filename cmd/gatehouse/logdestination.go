package main

import (
	"strings"

	"go.yaml.in/yaml/v3"
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
