package control

import "strings"

// Buckets is how many buckets a throttle keeps.
func Buckets(l *Throttle) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.buckets)
}

// MatchPath reports whether a path has a pattern's form.
func MatchPath(pattern, path string) bool {
	_, ok := matchPath(pattern, strings.Split(path, "/"))
	return ok
}
