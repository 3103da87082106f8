package trace

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/percent"
)

// leastSecret is the length of the shortest secrets that are looked for in texts, in
// bytes: of a shorter one a mask shows all or nothing, and much else reads like it.
const leastSecret = 7

// Hide has Text mask secrets of the call wherever they are: in bodies, URIs and messages,
// too, and AppendLog. ExecutionLog shows what AWS's shows. A Brief trace has nothing that
// an authorizer's secret could be in.
func (t *Trace) Hide(secrets ...string) {
	if t.Detailed() {
		t.hideAll(secrets...)
	}
}

func (t *Trace) hideAll(secrets ...string) {
	for _, s := range secrets {
		t.hide(s)
		if _, token, ok := strings.Cut(s, " "); ok { // behind a scheme such as Bearer
			t.hide(strings.TrimSpace(token))
		}
	}
}

// hide keeps a secret, in the forms in which URIs and JSON may have it.
func (t *Trace) hide(secret string) {
	t.hideForm(secret)
	t.hideForm(string(percent.Append(nil, secret, percent.Unreserved)))
	for _, w := range jsonWriters {
		once := w.Replace(secret)
		t.hideForm(once)
		t.hideForm(w.Replace(once)) // in JSON that is a text in JSON, as bodies are in a function's answer
	}
}

func (t *Trace) hideForm(form string) {
	if len(form) >= leastSecret && !slices.Contains(t.secrets, form) {
		t.secrets = append(t.secrets, form)
	}
}

// jsonWriters spell a text as it stands in JSON: with no more escapes than there must be,
// and as PHP, Go, Gson and .NET do, which escape what could mean something in HTML.
var jsonWriters = [...]*strings.Replacer{
	strings.NewReplacer(`\`, `\\`, `"`, `\"`),
	strings.NewReplacer(`\`, `\\`, `"`, `\"`, `/`, `\/`),
	strings.NewReplacer(`\`, `\\`, `"`, `\"`, `<`, `\u003c`, `>`, `\u003e`, `&`, `\u0026`),
	strings.NewReplacer(`\`, `\\`, `"`, `\"`, `<`, `\u003c`, `>`, `\u003e`, `&`, `\u0026`, `=`, `\u003d`, `'`, `\u0027`),
	strings.NewReplacer(`\`, `\\`, `"`, `\u0022`, `<`, `\u003C`, `>`, `\u003E`, `&`, `\u0026`, `'`, `\u0027`, `+`, `\u002B`, "`", `\u0060`),
}

// HideCredentials hides what the header and the query of a request have to prove who
// sends it.
func (t *Trace) HideCredentials(header httpmsg.Header, query string) {
	if t == nil {
		return
	}
	for i := range header {
		if isSecret(header[i].Name) {
			t.hideAll(header[i].Value)
		}
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name, ok := percent.Unescape(name); !ok || !isSecretParameter(name) {
			continue
		}
		t.hideAll(value)
		if plain, ok := percent.Unescape(value); ok {
			t.hideAll(plain)
		}
	}
}

// isSecretParameter reports whether a parameter of the query holds a secret: those of a
// presigned URL.
func isSecretParameter(name string) bool {
	return strings.EqualFold(name, "X-Amz-Signature") || strings.EqualFold(name, "X-Amz-Security-Token")
}

// A hider masks secrets in texts. The zero value masks none.
type hider struct {
	secrets  []string // the longest first
	replacer *strings.Replacer
}

// hideInQuery keeps the secrets in the query of a URI as it spells them: a client may
// write any character as an escape, in small letters too.
func (t *Trace) hideInQuery(uri string) {
	_, query, _ := strings.Cut(uri, "?")
	for pair := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		_, value, _ := strings.Cut(pair, "=")
		if slices.Contains(t.secrets, mapping.UnescapeQuery(value)) {
			t.hide(value)
		}
	}
}

// newHider masks what the call of t had to hide, and what its mappings took from or gave
// to headers that hold secrets.
func newHider(t *Trace) hider {
	all := Trace{secrets: slices.Clone(t.secrets)}
	for i := range t.Events {
		if e, ok := t.Events[i].Data.(*MappingEvent); ok && e.ofSecret() {
			all.Hide(e.Value)
		}
	}
	if len(all.secrets) == 0 {
		return hider{}
	}
	all.hideInQuery(t.Target)
	for i := range t.Events {
		if e, ok := t.Events[i].Data.(*EndpointRequestEvent); ok {
			all.hideInQuery(e.URI)
		}
	}
	slices.SortStableFunc(all.secrets, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(all.secrets))
	for _, s := range all.secrets {
		pairs = append(pairs, s, shortened(mapping.MaskSecret(s)))
	}
	return hider{all.secrets, strings.NewReplacer(pairs...)}
}

// hide masks the secrets in text.
func (h *hider) hide(text string) string {
	if h.replacer == nil {
		return text
	}
	return h.replacer.Replace(text)
}

// hideCut masks the secrets in a text that was cut, the one included whose end is missing.
func (h *hider) hideCut(text string) string {
	for _, s := range h.secrets {
		if at := cutAt(text, s); at >= 0 {
			return h.hide(text[:at]) + "***"
		}
	}
	return h.hide(text)
}

// cutAt is where in text a secret begins whose end is missing, negative for nowhere.
func cutAt(text, secret string) int {
	for from := max(0, len(text)-len(secret)+1); ; from++ {
		i := strings.Index(text[from:], secret[:leastSecret])
		if i < 0 {
			return -1
		}
		if from += i; strings.HasPrefix(secret, text[from:]) {
			return from
		}
	}
}
