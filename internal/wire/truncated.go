package wire

import "strings"

// Truncated shortens a value that an error message repeats.
func Truncated(s string) string {
	const most = 256
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
