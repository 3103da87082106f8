package sdk

import "strings"

// rootWord stands for the path "/", as in the service's clients.
const rootWord = "root"

// digitWord stands before names that would begin with a digit.
const digitWord = "method"

// wordsOf are the runs of ASCII letters and digits in a path, from which the service's
// clients make names: "/pets/{petId}" is petsPetId, "/user-info" is userInfo.
func wordsOf(path string) []string {
	words := strings.FieldsFunc(path, func(r rune) bool { return !isLetter(r) && !isDigit(r) })
	switch {
	case len(words) == 0:
		return []string{rootWord}
	case isDigit(rune(words[0][0])):
		return append([]string{digitWord}, words...)
	}
	return words
}

// camelCase joins words, such as petsPetIdGet.
func camelCase(words []string) string {
	var out strings.Builder
	for i, w := range words {
		first := strings.ToUpper(w[:1])
		if i == 0 {
			first = strings.ToLower(w[:1])
		}
		out.WriteString(first + w[1:])
	}
	return out.String()
}

// pascalCase joins words, such as PetsPetIdGet.
func pascalCase(words []string) string {
	var out strings.Builder
	for _, w := range words {
		out.WriteString(strings.ToUpper(w[:1]) + w[1:])
	}
	return out.String()
}

// snakeCase joins words, such as pets_pet_id_get.
func snakeCase(words []string) string {
	var out strings.Builder
	for i, w := range words {
		if i > 0 {
			out.WriteByte('_')
		}
		for j := range len(w) {
			if j > 0 && isUpper(w[j]) && !isUpper(w[j-1]) {
				out.WriteByte('_')
			}
			out.WriteString(strings.ToLower(w[j : j+1]))
		}
	}
	return out.String()
}

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
func isDigit(r rune) bool  { return '0' <= r && r <= '9' }
func isUpper(c byte) bool  { return 'A' <= c && c <= 'Z' }
