package main

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestHelpConfig holds the page, the settings and the struct to each other: each
// setting is documented, with a text, has a field of its own, and there is no field
// without a setting.
func TestHelpConfig(t *testing.T) {
	var documented, names []string
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z-]+)(?:,.*)?(?: \[[a-z]+\])*\n      \S`).FindAllStringSubmatch(configHelp(), -1) {
		documented = append(documented, m[1])
	}
	of := make(map[string]string) // field to setting
	c := new(config)
	for i := range settings {
		s := &settings[i]
		names = append(names, s.name)
		if !c.field(s.name).IsValid() || strings.TrimSpace(s.usage) == "" {
			t.Errorf("%s has no field, or no usage", s.name)
		}
		of[strings.ReplaceAll(s.name, "-", "")] = s.name
	}
	if !slices.Equal(documented, names) {
		t.Errorf("documented are\n%v\nsettings are\n%v", documented, names)
	}
	for f := range reflect.TypeFor[config]().Fields() {
		if f.IsExported() && of[strings.ToLower(f.Name)] == "" {
			t.Errorf("%s is no setting", f.Name)
		}
	}
}
