package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// newHelpConfig is the topic of `gatehouse help config`: every key of the
// configuration file.
func newHelpConfig() *cobra.Command {
	return &cobra.Command{Use: "config", Short: "The keys of the configuration file", Long: configHelp()}
}

// configHelp documents every setting, as it is declared.
func configHelp() string {
	var b strings.Builder
	b.WriteString(`The file that --config names is YAML. Each key is a flag as well (listen is
--listen) and an environment variable (GATEHOUSE_LISTEN), but for those that are
marked "file": lists and maps live in the file alone. Flags win over the
environment, the environment over the file; a key that is not listed here is an
error. At SIGHUP a running server takes over what has changed in the keys that
are marked "live"; a change of the others needs a restart. Those marked "dev"
or "serve" act in that command alone.
`)
	c := defaults()
	for i := range settings {
		s := &settings[i]
		b.WriteString("\n  " + s.name)
		if s.value != nil {
			v := s.value(&c)
			b.WriteString(", " + v.Type())
			if given := v.String(); given != "" && given != "0" && given != "false" {
				b.WriteString(", " + given + " if not given")
			}
		}
		for _, mark := range s.marks() {
			b.WriteString(" [" + mark + "]")
		}
		b.WriteString("\n" + indented(s.usage, "      ", 72) + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// marks are what the page says of a setting in a word each.
func (s *setting) marks() []string {
	var marks []string
	if s.value == nil {
		marks = append(marks, "file")
	}
	if s.live {
		marks = append(marks, "live")
	}
	switch s.only {
	case inDev:
		marks = append(marks, "dev")
	case inServe:
		marks = append(marks, "serve")
	}
	return marks
}

// indented breaks a text into lines of about so many characters.
func indented(text, indent string, width int) string {
	var b strings.Builder
	line := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == 0:
			b.WriteString(indent)
		case line+1+len(word) > width:
			b.WriteString("\n" + indent)
			line = 0
		default:
			b.WriteString(" ")
			line++
		}
		b.WriteString(word)
		line += len(word)
	}
	return b.String()
}

// fileOnlyKeys names the settings that have no flag.
func fileOnlyKeys() string {
	var names []string
	for i := range settings {
		if settings[i].value == nil {
			names = append(names, settings[i].name)
		}
	}
	return strings.Join(names, ", ")
}
