package main

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A taker is an operation that takes a setting, in a field of its input or in
// a patch.
type taker struct {
	operation string
	field     string // with dots; "" for a patch
	patch     string // "add, replace /variables/{name}"
}

// labelOf is what tells an operation from those of both services: one of apigatewayv2 whose
// name apigateway has, too, is marked.
func labelOf(op *wire.Operation) string {
	same := func(other wire.Operation) bool { return other.Name == op.Name }
	if op.Service == wire.V2 && slices.ContainsFunc(wire.Operations(), same) {
		return "v2 " + op.Name
	}
	return op.Name
}

// kindOf is the kind of resource whose settings an operation's fields are,
// where it is not that of the operation's output.
func kindOf(op *wire.Operation, outputs map[string]string) string {
	switch op.Name {
	case "TagResource", "UntagResource", "GetTags":
		return "Tags"
	case "ImportRestApi", "PutRestApi":
		return "Definition"
	case "TestInvokeMethod", "TestInvokeAuthorizer":
		return op.Name
	}
	if strings.HasPrefix(op.Name, "Get") || strings.HasPrefix(op.Name, "List") {
		return "Reading"
	}
	for _, verb := range []string{"Delete", "Reject"} {
		if kind, ok := strings.CutPrefix(op.Name, verb); ok {
			return kind
		}
	}
	return outputs[op.Name]
}

// settingOfField is the setting that a field of an operation is.
func settingOfField(op *wire.Operation, kind, field string) string {
	if op.Name == "CreateDeployment" && field != "description" {
		kind, field = "Stage", strings.Replace(field, "stageDescription", "description", 1)
	}
	if op.Name == "PutIntegration" && field == "integrationHttpMethod" {
		field = "httpMethod"
	}
	return kind + "." + field
}

// methodSettings are the members of MethodSetting that patch paths lead to.
var methodSettings = map[string]string{
	"metrics/enabled": "metricsEnabled", "logging/loglevel": "loggingLevel", "logging/dataTrace": "dataTraceEnabled",
	"throttling/burstLimit": "throttlingBurstLimit", "throttling/rateLimit": "throttlingRateLimit",
	"caching/enabled": "cachingEnabled", "caching/ttlInSeconds": "cacheTtlInSeconds", "caching/dataEncrypted": "cacheDataEncrypted",
	"caching/requireAuthorizationForCacheControl":    "requireAuthorizationForCacheControl",
	"caching/unauthorizedCacheControlHeaderStrategy": "unauthorizedCacheControlHeaderStrategy",
}

// settingOfPatch is the setting that a patch path leads to: its tokens but for
// the placeholders.
func settingOfPatch(kind, path string) string {
	if kind == "ApiKey" && path == "/stages" {
		return "ApiKey.stageKeys"
	}
	if rest, ok := strings.CutPrefix(path, "/{resourcePath}/{httpMethod}"); ok {
		if rest == "" {
			return kind + ".methodSettings"
		}
		return kind + ".methodSettings." + methodSettings[rest[1:]]
	}
	out := kind
	for token := range strings.SplitSeq(path[1:], "/") {
		if token[0] != '{' {
			out += "." + token
		}
	}
	return out
}

// facts are the facts that package wire is made from.
func facts(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open("../../internal/wire/facts/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var rows [][]string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if line := lines.Text(); !strings.HasPrefix(line, "#") {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	return rows[1:]
}

// takersOf lists, by setting, who takes it of the operations that are built.
// What a path of the URL names is no setting.
func takersOf(t *testing.T) map[string][]taker {
	t.Helper()
	out := make(map[string][]taker)
	service := control.New(control.Options{})
	addTakers(t, out, ".", wire.Operations(), service.Handlers())
	addTakers(t, out, "v2", wire.OperationsV2(), service.HandlersV2())
	return out
}

// addTakers adds the takers of one service's operations, whose facts are in a directory.
func addTakers(t *testing.T, out map[string][]taker, dir string, ops []wire.Operation, built map[string]wire.Handler) {
	t.Helper()
	outputs := make(map[string]string)
	for _, row := range facts(t, dir+"/operations.tsv") {
		outputs[row[0]] = row[4]
	}
	members := make(map[string][][]string)
	for _, row := range facts(t, dir+"/structures.tsv") {
		if dir == "v2" {
			row[5] = strings.Trim(row[5], "[]") // what its lists hold are settings, too
		}
		members[row[0]] = append(members[row[0]], row)
	}
	patches := control.PatchPaths()
	for _, op := range ops {
		if _, ok := built[op.Name]; !ok {
			continue
		}
		kind := kindOf(&op, outputs)
		for _, field := range fieldsIn(members, op.Name+"Request", "") {
			if field != "patchOperations" {
				setting := settingOfField(&op, kind, field)
				out[setting] = append(out[setting], taker{operation: labelOf(&op), field: field})
			}
		}
		for _, p := range groupedPatches(patches[labelOf(&op)]) {
			setting := settingOfPatch(kind, p[strings.Index(p, "/"):])
			out[setting] = append(out[setting], taker{operation: op.Name, patch: p})
		}
	}
}

// fieldsIn lists the fields of a structure, with those of the structures in it.
func fieldsIn(members map[string][][]string, structure, prefix string) []string {
	var out []string
	for _, row := range members[structure] {
		name, location, typ := prefix+row[2], row[3], row[5]
		switch _, nested := members[typ]; {
		case location == "uri" || location == "-":
		case nested:
			out = append(out, fieldsIn(members, typ, name+".")...)
		default:
			out = append(out, name)
		}
	}
	return out
}

// groupedPatches joins the operations on one path: "add, remove /variables/{name}".
func groupedPatches(taken []string) []string {
	var out []string
	for _, entry := range taken {
		op, path, _ := strings.Cut(entry, " ")
		i := slices.IndexFunc(out, func(s string) bool { return strings.HasSuffix(s, " "+path) })
		if i < 0 {
			out = append(out, entry)
		} else {
			out[i] = strings.TrimSuffix(out[i], " "+path) + ", " + op + " " + path
		}
	}
	return out
}
