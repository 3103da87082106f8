package control

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
)

// MatchPath reports whether a path has a pattern's form.
func MatchPath(pattern, path string) bool {
	_, ok := patch.Match(pattern, strings.Split(path, "/"))
	return ok
}
