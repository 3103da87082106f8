package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A verdict is what becomes of a setting, or of one value of it.
type verdict struct {
	setting string
	value   string // "" for all values that have no verdict of their own
	text    string // Markdown
	becomes string // acts, kept, refused or closed
}

const acts = "acts"

// TestCompatibility makes docs/compatibility.md of what other tests prove:
// the settings that act name the test that shows it; the others are set, and
// seen to be kept, to be refused or to close requests, by each operation that
// takes them. A field or a patch path without a verdict fails.
func TestCompatibility(t *testing.T) {
	takers := takersOf(t)
	rig := newCompatRig(t)
	verdicts := actingVerdicts(t)
	for i := range drivenSettings {
		verdicts = append(verdicts, rig.drive(t, &drivenSettings[i], takers[drivenSettings[i].setting]))
	}
	known := make(map[string]bool)
	for _, v := range verdicts {
		known[v.setting] = true
		if takers[v.setting] == nil && !strings.HasPrefix(v.setting, "Definition.") {
			t.Errorf("no operation takes %s", v.setting)
		}
	}
	for _, setting := range slices.Sorted(maps.Keys(takers)) {
		if !known[setting] {
			t.Errorf("%s (%+v) acts, is kept, is refused or closes requests: testdata/compatibility.txt or compatdriven_test.go has to say", setting, takers[setting])
		}
	}
	if t.Failed() {
		return
	}
	generated(t, "../../docs/compatibility.md", "operations", operationsTable(t, rig, takers))
	generated(t, "../../docs/compatibility.md", "settings", settingTables(takers, verdicts))
}

// actingVerdicts reads the settings that act. The test that is named is there,
// and its file speaks of the setting, by its name or by the word behind.
func actingVerdicts(t *testing.T) []verdict {
	t.Helper()
	text, err := os.ReadFile("testdata/compatibility.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []verdict
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		name, proof, _ := strings.Cut(strings.TrimSpace(line), "  ")
		v := verdict{becomes: acts}
		v.setting, v.value, _ = strings.Cut(name, "=")
		words := append(strings.Fields(proof), "", "")
		file, test, member := words[0], words[1], words[2]
		if member == "" {
			member = v.setting[strings.LastIndexByte(v.setting, '.')+1:]
		}
		content, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Error(err)
			continue
		}
		if test != "" && !strings.Contains(string(content), "func "+test+"(") || !strings.Contains(strings.ToLower(string(content)), strings.ToLower(member)) {
			t.Errorf("%s: %s has no %s with %s", v.setting, file, test, member)
		}
		shown := test
		if test == "" {
			shown = filepath.Base(file)
		}
		v.text = fmt.Sprintf("acts: [%s](../%s)", shown, file)
		out = append(out, v)
	}
	return out
}

// operationsTable has every operation: what it changes or reads, or the status
// that it answers while it is not built, which rig sees.
func operationsTable(t *testing.T, rig *compatRig, takers map[string][]taker) string {
	kinds := make(map[string][]string)
	for _, setting := range slices.Sorted(maps.Keys(takers)) {
		kind, _, _ := strings.Cut(setting, ".")
		for _, by := range takers[setting] {
			if link := fmt.Sprintf("[%s](#%s)", kind, strings.ToLower(kind)); !slices.Contains(kinds[by.operation], link) {
				kinds[by.operation] = append(kinds[by.operation], link)
			}
		}
	}
	service := control.New(control.Options{})
	built := service.Handlers()
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d operations are built.\n\n| operation | | settings |\n|---|---|---|\n", len(built), len(wire.Operations()))
	for _, op := range wire.Operations() {
		if _, ok := built[op.Name]; ok {
			fmt.Fprintf(&b, "| %s | built | %s |\n", op.Name, strings.Join(kinds[op.Name], ", "))
			continue
		}
		rig.notBuilt(t, &op)
		fmt.Fprintf(&b, "| %s | not built: 501 | |\n", op.Name)
	}
	b.WriteString("\nOf apigatewayv2, on the same port, what the custom domain names of REST APIs need is there; its other operations answer 501.\n\n| operation | | settings |\n|---|---|---|\n")
	built = service.HandlersV2()
	for _, op := range wire.OperationsV2() {
		if _, ok := built[op.Name]; ok {
			fmt.Fprintf(&b, "| %s | built | %s |\n", op.Name, strings.Join(kinds[labelOf(&op)], ", "))
			continue
		}
		rig.notBuilt(t, &op)
		fmt.Fprintf(&b, "| %s | not built: 501 | |\n", op.Name)
	}
	return b.String()
}

// settingTables has a table for each kind, in the order of the verdicts.
func settingTables(takers map[string][]taker, verdicts []verdict) string {
	var kinds []string
	of := make(map[string][]verdict)
	for _, v := range verdicts {
		kind, _, _ := strings.Cut(v.setting, ".")
		if of[kind] == nil {
			kinds = append(kinds, kind)
		}
		of[kind] = append(of[kind], v)
	}
	var b strings.Builder
	for _, kind := range kinds {
		fmt.Fprintf(&b, "\n### %s\n\n| setting | value | what becomes of it | who takes it |\n|---|---|---|---|\n", kind)
		slices.SortStableFunc(of[kind], func(a, b verdict) int { return strings.Compare(a.setting, b.setting) })
		for i, v := range of[kind] {
			_, name, _ := strings.Cut(v.setting, ".")
			value, by := "", ""
			if v.value != "" {
				value = "`" + v.value + "`"
			}
			if i == 0 || of[kind][i-1].setting != v.setting {
				by = takersText(name, takers[v.setting])
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, value, v.text, by)
		}
	}
	return b.String()
}

// takersText names the operations that take a setting, with the field where it
// has another name, and the patches.
func takersText(name string, takers []taker) string {
	var out []string
	for _, by := range takers {
		switch op, path, _ := cutLast(by.patch, " "); {
		case by.patch != "":
			out = append(out, fmt.Sprintf("%s %s `%s`", by.operation, op, path))
		case by.field != name:
			out = append(out, fmt.Sprintf("%s `%s`", by.operation, by.field))
		default:
			out = append(out, by.operation)
		}
	}
	return strings.Join(out, ", ")
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// What the sources keep without effect, refuse and close requests for is driven
// here.
func TestCompatibilityIsComplete(t *testing.T) {
	const named = `\{(?:setting: )?"([A-Z]\w+\.[\w.]+)",`
	for files, pattern := range map[string]string{
		"../../internal/control/kept.go": named, "../../internal/control/*.go": `unserved\("([A-Za-z][^"]*)"`,
	} {
		names, err := filepath.Glob(files)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, file := range names {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(source, -1) {
				found++
				name := string(m[1])
				if strings.HasPrefix(name, "TestInvoke") {
					continue // an operation, which a server without a data plane refuses
				}
				if !slices.ContainsFunc(drivenSettings, func(d driven) bool { return d.setting == name || strings.HasPrefix(d.refusal, notYet+name+" ") }) {
					t.Errorf("%s: %s is not driven", file, name)
				}
			}
		}
		if found == 0 {
			t.Errorf("%s names no settings: does it look different now?", files)
		}
	}
}
