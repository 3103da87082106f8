package mapping

import "slices"

// Known reports whether API Gateway has what a mapping template refers to: a
// variable, or members of it, each named in path after the one that it belongs to.
// call says that the last of them is a method. Of $stageVariables, the authorizer,
// the overrides' parts and what methods return, every member is known, since their
// names are those of the API's owner. It is what vtl's Unknown asks.
func Known(path []string, call bool) bool {
	rest := path[1:]
	switch path[0] {
	case "input":
		return len(rest) == 0 || len(rest) > 1 || slices.Contains(inputNames(call), rest[0])
	case "util":
		return len(rest) == 0 || call && len(rest) == 1 && slices.Contains(utilMethods, rest[0])
	case "stageVariables":
		return true
	case "context":
		return len(rest) == 0 || call || knownContext(rest)
	}
	return false
}

// utilMethods are the methods of $util.
var utilMethods = []string{"escapeJavaScript", "parseJson", "urlEncode", "urlDecode", "base64Encode", "base64Decode"}

func inputNames(call bool) []string {
	if call {
		return []string{"json", "path", "params"}
	}
	return []string{"body"}
}

// knownContext is Known for members of $context.
func knownContext(path []string) bool {
	member := ""
	if len(path) > 1 {
		member = path[1]
	}
	var members []string
	switch path[0] {
	case "authorizer":
		return true
	case "identity":
		members = moreIdentityNames[:]
	case "error":
		members = []string{"message", "messageString", "responseType", "validationErrorString"}
	case "requestOverride":
		members = []string{"path", "header", "querystring"}
	case "responseOverride":
		members = []string{"header", "status"}
	default:
		return slices.Contains(contextNames[:], path[0])
	}
	if path[0] == "identity" && len(path) > 2 {
		return member == "clientCert" && knownCertificate(path[2:])
	}
	return len(path) == 1 || slices.Contains(members, member)
}

// knownCertificate is Known for members of $context.identity.clientCert.
func knownCertificate(path []string) bool {
	if path[0] == "validity" && len(path) > 1 {
		return slices.Contains(validityNames[:], path[1])
	}
	return slices.Contains(certNames[:], path[0])
}
