package main

import (
	"fmt"
	"net/netip"
	"regexp"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-gw/gatehouse/internal/edge"
)

// edgeHeaders is the setting of that name: whether edge-optimized endpoints have
// CloudFront's headers, and what these say.
type edgeHeaders struct {
	On bool
	edge.Options
}

// edge is what gives them to requests and answers, nil for nothing.
func (c *config) edge() *edge.Distribution {
	if !c.EdgeHeaders.On {
		return nil
	}
	return edge.New(c.EdgeHeaders.Options)
}

// An edgeValue is one of those that CloudFront's headers have.
type edgeValue struct {
	name  string
	to    func(*edge.Options) *string
	is    *regexp.Regexp // nil for an address
	looks string
}

var edgeValues = []edgeValue{
	{"country", func(o *edge.Options) *string { return &o.Country }, regexp.MustCompile(`^[A-Z]{2}$`), "no country of two capital letters, such as DE"},
	{"asn", func(o *edge.Options) *string { return &o.ASN }, regexp.MustCompile(`^[0-9]{1,10}$`), "no number of a network, such as 3320"},
	{"pop", func(o *edge.Options) *string { return &o.POP }, regexp.MustCompile(`^[A-Z]{3}[0-9]{1,3}-[A-Z][0-9]{1,2}$`), "no edge location, such as FRA56-P4"},
	{"address", func(o *edge.Options) *string { return &o.Address }, nil, "no address, such as 130.176.0.1"},
}

// readEdgeHeaders reads the values of CloudFront's headers, which turns these on.
func readEdgeHeaders(n *yaml.Node, to *edgeHeaders) error {
	out := edgeHeaders{On: true}
	names := make([]string, len(edgeValues))
	for i := range edgeValues {
		names[i] = edgeValues[i].name
	}
	err := eachEntry(n, "country: DE, asn: 3320", func(key, value *yaml.Node) error {
		for i := range edgeValues {
			if edgeValues[i].name == key.Value {
				return edgeValues[i].read(value, &out.Options)
			}
		}
		return unknownKey(key, names, "value of CloudFront's headers, which are country, asn, pop and address")
	})
	*to = out
	return err
}

func (v *edgeValue) read(n *yaml.Node, to *edge.Options) error {
	s, err := scalar(n)
	if err != nil {
		return err
	}
	fits := v.is != nil && v.is.MatchString(s)
	if v.is == nil {
		_, invalid := netip.ParseAddr(s)
		fits = invalid == nil
	}
	if !fits {
		return fmt.Errorf("%q is %s", brief(s), v.looks)
	}
	*v.to(to) = s
	return nil
}
