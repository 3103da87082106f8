package target

import "github.com/gatehouse-gw/gatehouse/internal/percent"

// queryText is what stands for itself in the names and values of a query, as AWS
// encodes them: form-encoded.
var queryText = percent.Letters("-._~*")

// plainQuery is what no reader of a whole query takes for anything else.
var plainQuery = percent.Letters("-_.~=&+*!'(),:@/$?")

// AppendParameter appends name=value to a request target, which has a query
// already or begins one.
func AppendParameter(dst []byte, hasQuery bool, name, value string) []byte {
	dst = append(dst, separator(hasQuery))
	dst = percent.Append(dst, name, queryText)
	dst = append(dst, '=')
	return percent.Append(dst, value, queryText)
}

// AppendQuery appends a client's raw query to a request target, which has a query
// already or begins one: as it came when no reader can take it for another, else
// encoded byte by byte.
func AppendQuery(dst []byte, hasQuery bool, q string) []byte {
	dst = append(dst, separator(hasQuery))
	if cleanQuery(q) {
		return append(dst, q...)
	}
	for i := 0; i < len(q); i++ {
		switch c := q[i]; {
		case c == ';': // a separator, as AWS reads it
			dst = append(dst, '&')
		case c == '%' && i+2 < len(q) && cleanQuery(q[i:i+3]):
			dst = append(dst, q[i:i+3]...)
			i += 2
		case c != '%' && cleanQuery(q[i:i+1]):
			dst = append(dst, c)
		default:
			dst = percent.AppendByte(dst, c)
		}
	}
	return dst
}

func separator(hasQuery bool) byte {
	if hasQuery {
		return '&'
	}
	return '?'
}

// cleanQuery reports whether a raw query can go to a backend as it came:
// names and values of unreserved characters and well-formed escapes.
func cleanQuery(q string) bool {
	for i := 0; i < len(q); i++ {
		if plainQuery[q[i]] {
			continue
		}
		if _, ok := percent.Decode(q[i:]); !ok {
			return false
		}
		i += 2
	}
	return true
}
