package control

import "slices"

// Members of shapes are optional; these read and fill them.

// text returns the value of an optional string, "" when absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// given returns s unless it is absent or empty, which some clients send for
// an attribute that their user did not set.
func given(s *string) *string {
	if text(s) == "" {
		return nil
	}
	return s
}

// isTrue reads an optional boolean, false when absent.
func isTrue(b *bool) bool { return b != nil && *b }

// withDefault returns v, or def when v is absent.
func withDefault[T any](v *T, def T) *T {
	if v == nil {
		return &def
	}
	return v
}

// orElse returns v, or other when v is absent.
func orElse[T any](v, other *T) *T {
	if v == nil {
		return other
	}
	return v
}

// filled returns a map that has entries, nil for others: the service keeps no
// empty ones in most places.
func filled[M ~map[string]V, V any](m M) M {
	if len(m) == 0 {
		return nil
	}
	return m
}

// sortedKeys gives maps a fixed order for checks whose first failure is told.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
