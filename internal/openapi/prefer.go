package openapi

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Clients choose an answer of a mock by the header Prefer (RFC 7240), as with other mock
// servers: code=404, example=name. What is not there is not preferred.

// preferences is template text that makes $prefer the preferences of the request, each
// between commas. HTTP/2 has the names of headers in small letters.
const preferences = `#set($prefer = ",$!input.params().header.get('Prefer'),$!input.params().header.get('prefer'),")` +
	`#set($prefer = $prefer.replaceAll('"', '').replaceAll('[ ;]', ','))`

// preferredCode returns the request template that gives the status code which the
// client prefers of others, else code.
func preferredCode(code string, others []string) string {
	status := func(code string) string { return `{"statusCode": ` + code + `}` }
	if len(others) == 0 {
		return status(code)
	}
	var b strings.Builder
	b.WriteString(preferences)
	for i, other := range others {
		b.WriteString(choice(i) + "($prefer.contains(',code=" + other + ",'))" + status(other))
	}
	return b.String() + "#else" + status(code) + "#end"
}

// choice is the directive of a choice, of which i stand before.
func choice(i int) string {
	if i == 0 {
		return "#if"
	}
	return "#elseif"
}

// maxAnswers bounds the answers of an operation.
const maxAnswers = 100

// otherResponses adds to answers those that the client may prefer, and returns their
// codes.
func (im *importer) otherResponses(m *Method, r *route, op *cursor, answers map[string]wire.IntegrationResponse) []string {
	var codes []string
	for code, c := range op.get("responses").members() {
		code = im.statusCode(code)
		if _, ok := answers[code]; ok || !answerCode.MatchString(code) || len(codes) == maxAnswers {
			continue
		}
		if c = im.follow(c); c == nil {
			continue
		}
		answer := im.mockAnswer(m, r, op, code, c)
		answer.SelectionPattern = &code
		answers[code] = answer
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// preferredBody returns the template of a body, and of the named examples of the same
// media type that the client may prefer to it.
func (im *importer) preferredBody(response *cursor, mediaType, body string) string {
	plain := verbatim(body)
	content := response.get("content")
	if im.dialect == swagger2 || content == nil {
		return plain
	}
	var b strings.Builder
	n := 0
	for name, media := range content.members() {
		if media = im.follow(media); media == nil || im.mediaType(name) != mediaType {
			continue
		}
		for name, example := range media.get("examples").members() {
			if b.Len() > maxTemplate {
				return plain
			}
			if example = im.follow(example); example == nil || strings.ContainsAny(name, `'" ,;`) {
				continue
			}
			if value := example.node.get("value"); value != nil && im.spend(value.weight) {
				b.WriteString(choice(n) + "($prefer.contains(',example=" + name + ",'))" + unparsed(im.givenText(mediaType, media.get("schema"), value)))
				n++
			}
		}
		break
	}
	template := preferences + b.String() + "#else" + unparsed(body) + "#end"
	if n < 2 || len(template) > maxTemplate {
		return plain
	}
	return template
}
