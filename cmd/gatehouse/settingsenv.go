package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/spelling"
)

// envPrefix is what the names of our environment variables begin with.
const envPrefix = "GATEHOUSE_"

// envName is the environment variable of a setting.
func envName(setting string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
}

// ownVariables returns the variables of an environment that are settings, by name. One
// that looks like a setting and is none is an error, so that no misspelt one is
// passed over.
func ownVariables(environment []string) (map[string]string, error) {
	known := []string{envName("config")}
	for i := range settings {
		if settings[i].value != nil {
			known = append(known, envName(settings[i].name))
		}
	}
	own := make(map[string]string)
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case !strings.HasPrefix(name, envPrefix), ofKubernetes(name, value):
		case slices.Contains(known, name):
			own[name] = value
		default:
			return nil, unknownVariable(name, known)
		}
	}
	return own, nil
}

func unknownVariable(name string, known []string) error {
	for i := range settings {
		if settings[i].value == nil && envName(settings[i].name) == name {
			return fmt.Errorf("%s: %s is a key of the configuration file alone", name, settings[i].name)
		}
	}
	own := make([]string, len(known)) // without the prefix, which would make short names near to each other
	for i, k := range known {
		own[i] = strings.TrimPrefix(k, envPrefix)
	}
	if meant, ok := spelling.Nearest(strings.TrimPrefix(name, envPrefix), own); ok {
		return fmt.Errorf("%s is no setting; did you mean %s?", name, envPrefix+meant)
	}
	return fmt.Errorf("%s is no setting", name)
}

// serviceVariable matches the names of the variables that Kubernetes gives containers for each Service
// of their namespace, where the Service is called gatehouse or gatehouse-….
var serviceVariable = regexp.MustCompile(`^GATEHOUSE(?:_[A-Z0-9_]+)?_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$`)

// serviceURL matches the value of the one whose name could be a setting's:
// GATEHOUSE_PORT=tcp://10.0.0.1:4566.
var serviceURL = regexp.MustCompile(`^(?:tcp|udp|sctp)://`)

// ofKubernetes reports whether a variable is not the user's but was made by
// Kubernetes, or by Docker for a link.
func ofKubernetes(name, value string) bool {
	return serviceVariable.MatchString(name) || strings.HasSuffix(name, "_PORT") && serviceURL.MatchString(value)
}
