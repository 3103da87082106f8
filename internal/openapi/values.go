package openapi

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/spelling"
)

// The members whose values are of a few words. Definitions write types in small letters;
// case does not count.
var (
	integrationValues = map[string][]string{
		"type":                 strings.Fields("http http_proxy aws aws_proxy mock"),
		"connectionType":       strings.Fields("INTERNET VPC_LINK"),
		"contentHandling":      contentHandlings,
		"passthroughBehavior":  strings.Fields("WHEN_NO_MATCH WHEN_NO_TEMPLATES NEVER"),
		"responseTransferMode": strings.Fields("BUFFERED STREAM"),
	}
	integrationResponseValues = map[string][]string{"contentHandling": contentHandlings}
	settingValues             = map[string][]string{extensionPrefix + "api-key-source": strings.Fields("HEADER AUTHORIZER")}

	contentHandlings = strings.Fields("CONVERT_TO_BINARY CONVERT_TO_TEXT")
)

// checkValues tells the reader of a lenient import, in the spelling of the document, of
// values that the service refuses when what they are for is made.
func (im *importer) checkValues(c *cursor, allowed map[string][]string) {
	if !im.opts.Lenient {
		return
	}
	for name, member := range c.members() {
		value, ok := member.text()
		words := allowed[name]
		if !ok || value == "" || len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, value) }) {
			continue
		}
		end := ""
		if meant, ok := spelling.Nearest(value, words); ok {
			end = "; did you mean " + meant + "?"
		}
		im.note(Error, member, "%s is %q, which is none of %s%s", name, brief(value), strings.Join(words, ", "), end)
	}
}
