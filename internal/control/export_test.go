package control

import "strings"

// MatchPath reports whether a path has a pattern's form.
func MatchPath(pattern, path string) bool {
	_, ok := matchPath(pattern, strings.Split(path, "/"))
	return ok
}
