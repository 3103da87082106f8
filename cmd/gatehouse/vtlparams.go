package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/spelling"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// readObject reads a JSON object from a file; no file is an empty object.
func readObject(file string) (*value.Map, error) {
	if file == "" {
		return value.NewMap(0), nil
	}
	text, err := readNamedFile(file)
	if err != nil {
		return nil, err
	}
	v, err := value.ParseStrict(string(text), value.Limits{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if v.AsMap() == nil {
		return nil, fmt.Errorf("%s: not a JSON object", file)
	}
	return v.AsMap(), nil
}

// paramPlaces are where the parameters of a request are, as $input.params() has them.
var paramPlaces = []string{"path", "querystring", "header"}

// checkParams reports what of an object is not {"path": {…}, "querystring": {…},
// "header": {…}}. at is how errors call it.
func checkParams(params *value.Map, at string) error {
	for i := range params.Len() {
		name, v := params.At(i)
		switch {
		case !slices.Contains(paramPlaces, name):
			return fmt.Errorf("%s: %w", at, unknownMember(name, "place of parameters", paramPlaces))
		case v.AsMap() == nil:
			return fmt.Errorf("%s: %s: not a JSON object of names and values", at, name)
		}
	}
	return nil
}

// unknownMember is the error of a member of a JSON object that is none of those known.
func unknownMember(name, what string, known []string) error {
	if meant, ok := spelling.Nearest(name, known); ok {
		return fmt.Errorf("%s is no %s; did you mean %s?", brief(name), what, meant)
	}
	return fmt.Errorf("%s is no %s, which are %s", brief(name), what, strings.Join(known, ", "))
}

// addParams adds parameters in the form of --param to those of a file, whose values
// of the same name they replace. route is the path of the method, "" for none.
func addParams(params *value.Map, given []string, route string) error {
	added := make(map[string]*value.List)
	for _, param := range given {
		name, text, ok := strings.Cut(param, "=")
		place, name := placeOf(name, route)
		if !ok || name == "" {
			return fmt.Errorf("--param: %q is not NAME=VALUE, such as user=ann or header.Accept=text/plain", brief(param))
		}
		if added[place+"."+name] == nil {
			l := value.NewList()
			added[place+"."+name] = l
			if !params.Has(place) {
				params.Set(place, value.FromMap(value.NewMap(1)))
			}
			in, _ := params.Get(place)
			in.AsMap().Set(name, value.FromList(l))
		}
		added[place+"."+name].Append(value.String(text))
	}
	return nil
}

// placeOf returns where the parameter of that name is, and the name without the
// place.
func placeOf(name, route string) (place, bare string) {
	for _, place := range paramPlaces {
		if bare, ok := strings.CutPrefix(name, place+"."); ok {
			return place, bare
		}
	}
	if strings.Contains(route, "{"+name+"}") || strings.Contains(route, "{"+name+"+}") {
		return "path", name
	}
	return "querystring", name
}
