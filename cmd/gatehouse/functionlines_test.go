package main

import "testing"

// What a function prints can colour a terminal and nothing else.
func TestPrintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                             "",
		"plain\té":                     "plain\té",
		"\x1b[31mred\x1b[0m \x1b[m":    "\x1b[31mred\x1b[0m \x1b[m",
		"\x1b[38:2::1:2:3mx":           "\x1b[38:2::1:2:3mx",
		"\x1b[2J\x1b[H":                "�[2J�[H",
		"\x1b]52;c;ZXZpbA==\x07":       "�]52;c;ZXZpbA==�",
		"\x1b]0;title\x1b\\":           "�]0;title�\\",
		"\x1b\x1b[31m\x1b[31\x1b[6n":   "�\x1b[31m�[31�[6n",
		"\u009b2J\x9b2J\x00\x08\x7f\v": "�2J�2J����",
		"end\x1b":                      "end�",
	} {
		if got := string(printable([]byte(text))); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
