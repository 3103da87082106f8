package control_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
)

// A patched is one Update operation: the object that it patches, each path with
// each operation that the path takes, and how the others are refused.
type patched struct {
	operation string
	target    string
	read      string // where it is read back, "" for the target
	status    int
	dialect   string            // plain, table, list or stage
	listed    map[string]string // of the table and the list dialect: the paths that errors list, by operation
	unknown   []string          // paths that no operation takes
	refused   map[string]string // by "op path": refusals with words of their own
	rows      []patchRow
}

// A patchRow is an operation that is taken. Rows run in their order on one
// object.
type patchRow struct {
	op, path, value, from string
	member                string // JSON pointer of what it changes
	want                  string // the member in JSON afterwards, "" for none; "! …" is a refusal of the value
}

// patchedAt is when patches are made.
var patchedAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// patchOps is AWS's enumeration.
var patchOps = []string{"add", "remove", "replace", "copy", "move", "test"}

// TestPatchPaths applies each operation to each path: what is taken is in the
// answer and read back, what is refused is refused in AWS's words and changes
// nothing, nor does what stands before it in the same list.
func TestPatchPaths(t *testing.T) {
	for _, p := range patchTables {
		t.Run(p.operation, func(t *testing.T) {
			t.Parallel()
			url := newServerWith(t, testAccount, control.Options{Usage: &counted{}, Now: func() time.Time { return patchedAt }}).URL
			names := patchFixture(t, url, &p)
			target := url + fill(p.target, names)
			p.read = url + fill(cmp.Or(p.read, p.target), names)
			p.refused = maps.Clone(p.refused)
			for at, refusal := range p.refused {
				p.refused[at] = fill(refusal, names)
			}
			for _, row := range p.rows {
				row.value, row.from, row.member, row.want = fill(row.value, names), fill(row.from, names), fill(row.member, names), fill(row.want, names)
				p.take(t, target, row)
			}
			before := send(t, "GET", p.read, "")
			for _, path := range p.paths() {
				for _, op := range patchOps {
					if !p.takes(op, path) {
						p.refuse(t, target, op, path)
					}
				}
			}
			for _, row := range p.rows {
				row.value, row.from = fill(row.value, names), fill(row.from, names)
				body := patchBody(row.op, row.path, row.value, row.from)
				body = strings.TrimSuffix(body, "]}") + `,{"op": "test", "path": "/nothing"}]}`
				if got := send(t, "PATCH", target, body); got.status < 400 {
					t.Errorf("%s %s and then what is refused: got status %d", row.op, row.path, got.status)
				}
			}
			if got := send(t, "GET", p.read, ""); string(got.body) != string(before.body) {
				t.Errorf("what was refused changed %s\nto %s", before.body, got.body)
			}
		})
	}
}

// Every operation of every patch table has a row, and every Update operation
// that is built a table.
func TestPatchPathsAreComplete(t *testing.T) {
	tables := control.PatchPaths()
	for operation := range control.New(control.Options{}).Handlers() {
		if _, ok := tables[operation]; !ok && strings.HasPrefix(operation, "Update") {
			t.Errorf("%s has no patch table", operation)
		}
	}
	for operation, taken := range tables {
		i := slices.IndexFunc(patchTables, func(p patched) bool { return p.operation == operation })
		if i < 0 {
			t.Errorf("%s has no rows", operation)
			continue
		}
		for _, entry := range taken {
			op, pattern, _ := strings.Cut(entry, " ")
			if !slices.ContainsFunc(patchTables[i].rows, func(r patchRow) bool { return r.op == op && control.MatchPath(pattern, r.path) }) && pattern != "/endpointConfiguration/types/{type}" {
				t.Errorf("%s: %s has no row", operation, entry)
			}
		}
	}
}

// paths are those of the rows and the unknown ones.
func (p *patched) paths() []string {
	var out []string
	for _, row := range p.rows {
		out = append(out, row.path)
	}
	out = append(out, p.unknown...)
	slices.Sort(out)
	return slices.Compact(out)
}

func (p *patched) takes(op, path string) bool {
	return slices.ContainsFunc(p.rows, func(r patchRow) bool { return r.op == op && r.path == path })
}

// take runs one row.
func (p *patched) take(t *testing.T, target string, row patchRow) {
	t.Helper()
	what := row.op + " " + row.path + " " + row.value
	got := send(t, "PATCH", target, patchBody(row.op, row.path, row.value, row.from))
	if refusal, ok := strings.CutPrefix(row.want, "! "); ok {
		if got.refusal() != refusal {
			t.Errorf("%s: got %q, want %q", what, got.refusal(), refusal)
		}
		return
	}
	if got.status != p.status {
		t.Errorf("%s: got status %d, want %d: %s", what, got.status, p.status, got.body)
		return
	}
	value := "" // of the member
	if v, ok := pointed(t, got.body, row.member); ok {
		value = string(compactJSON(t, v))
	}
	if value != row.want {
		t.Errorf("%s: got %s = %s, want %s", what, row.member, value, row.want)
	}
	if read := send(t, "GET", p.read, ""); !gocmp.Equal(parsed(t, read.body), parsed(t, got.body)) {
		t.Errorf("%s: answered %s\nread back %s", what, got.body, read.body)
	}
}

// refuse wants an operation to be refused in the words of the dialect.
func (p *patched) refuse(t *testing.T, target, op, path string) {
	t.Helper()
	want, ok := p.refused[op+" "+path]
	if !ok {
		want = "BadRequestException " + p.refusal(op, path)
	}
	if got := send(t, "PATCH", target, patchBody(op, path, "x", "/name")).refusal(); got != want {
		t.Errorf("%s %s: got %q, want %q", op, path, got, want)
	}
}

func (p *patched) refusal(op, path string) string {
	switch p.dialect {
	case "list":
		return "Invalid patch path  '" + path + "' specified for op '" + op + "'. Must be one of: [" + p.listed[op] + "]"
	case "table":
		if list := p.listed[op]; list != "" {
			return "Invalid patch path  '" + path + "' specified for op '" + op + "'. Must be one of: [" + list + "]"
		}
		return "Invalid patch path  '" + path + "' specified for op '" + op + "'. Please choose supported operations"
	case "stage":
		return "Invalid method setting path: " + path + stagePathsText
	}
	if known := p.known(path); known != "" && p.dialect == "plain" {
		return "Invalid patch operation specified. Must be one of: [" + known + "]"
	}
	return "Invalid patch path " + path
}

// known lists the operations that a path takes.
func (p *patched) known(path string) string {
	var out []string
	for _, op := range []string{"add", "remove", "replace", "copy"} {
		if p.takes(op, path) {
			out = append(out, op)
		}
	}
	return strings.Join(out, ", ")
}

// patchBody is a request of one operation; a value of "null" is sent as null.
func patchBody(op, path, value, from string) string {
	operation := map[string]any{"op": op, "path": path, "value": value}
	if value == "null" {
		operation["value"] = nil
	}
	if from != "" {
		operation["from"] = from
	}
	body, err := json.Marshal(map[string]any{"patchOperations": []any{operation}})
	if err != nil {
		panic(err)
	}
	return string(body)
}

// pointed follows a JSON pointer.
func pointed(t *testing.T, body []byte, pointer string) (any, bool) {
	t.Helper()
	at := parsed(t, body)
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		m, _ := at.(map[string]any)
		next, ok := m[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]
		if !ok {
			return nil, false
		}
		at = next
	}
	return at, true
}

func parsed(t *testing.T, body []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

func compactJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
