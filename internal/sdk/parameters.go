package sdk

import (
	"go/token"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A settings is what a client is generated with, checked.
type settings struct{ invokeURL, packageName, modulePath string }

// Bounds of what parameters may say, in bytes.
const (
	maxURL    = 2048
	maxModule = 256
)

var (
	packagePattern = regexp.MustCompile(`^[a-z](?:[a-z0-9_]{0,62}[a-z0-9])?$`)
	modulePattern  = regexp.MustCompile(`^[a-zA-Z0-9_~][a-zA-Z0-9._~-]*(?:/[a-zA-Z0-9_~][a-zA-Z0-9._~-]*)*$`)
	plainURL       = regexp.MustCompile(`^[A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]+$`)
)

// pythonWords are those of Python that no package can have as its name.
var pythonWords = strings.Fields("and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield")

// parse checks the parameters of a type that is generated here. One that the type does
// not have is refused: it would be without effect.
func parse(of *wire.SDKType, given map[string]string, src *Source) (settings, error) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.ContainsFunc(of.ConfigurationProperties, func(p wire.SDKConfigurationProperty) bool { return *p.Name == name }) {
			return settings{}, wire.BadRequest("Invalid parameter specified: %s. SDKs of type %s have the parameters %s", wire.Truncated(name), *of.ID, propertyNames(of))
		}
	}
	s := settings{invokeURL: src.InvokeURL, packageName: defaultPackage}
	if u := given[invokeURL]; u != "" {
		s.invokeURL = u
	}
	if p := given[packageName]; p != "" {
		s.packageName = p
	}
	s.modulePath = s.packageName
	if m := given[modulePath]; m != "" {
		s.modulePath = m
	}
	return s, s.check()
}

func (s *settings) check() error {
	u, err := url.Parse(s.invokeURL)
	if err != nil || len(s.invokeURL) > maxURL || !plainURL.MatchString(s.invokeURL) || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		u.User != nil || strings.ContainsAny(s.invokeURL, "?#") {
		return wire.BadRequest("Invalid parameter specified: invokeUrl is an http or https URL of at most 2048 characters, without a query, a fragment or credentials")
	}
	s.invokeURL = strings.TrimRight(s.invokeURL, "/")
	if !packagePattern.MatchString(s.packageName) || token.IsKeyword(s.packageName) || slices.Contains(pythonWords, s.packageName) || s.packageName == "main" {
		return wire.BadRequest("Invalid parameter specified: packageName has at most 64 characters a-z, 0-9 and _, begins with a letter, does not end with _, and is no keyword")
	}
	if len(s.modulePath) > maxModule || !modulePattern.MatchString(s.modulePath) {
		return wire.BadRequest("Invalid parameter specified: modulePath has at most 256 characters: segments of letters, digits, and . _ ~ -, which do not begin with . or -")
	}
	return nil
}

// refuse is what becomes of a request for a type that the service generates and this
// server does not: what the service requires is looked at first. The words are ours.
func refuse(of *wire.SDKType, given map[string]string) error {
	for _, p := range of.ConfigurationProperties {
		if *p.Required && given[*p.Name] == "" && given[otherName(*p.Name)] == "" {
			return wire.BadRequest("Missing required parameter for SDK type %s: %s", *of.ID, *p.Name)
		}
	}
	return wire.BadRequest("This server does not generate SDKs of type %s. It generates %s", *of.ID, strings.Join(slices.Sorted(maps.Keys(generators())), ", "))
}

func propertyNames(of *wire.SDKType) string {
	names := make([]string, len(of.ConfigurationProperties))
	for i, p := range of.ConfigurationProperties {
		names[i] = *p.Name
	}
	return strings.Join(names, ", ")
}
