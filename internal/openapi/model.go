package openapi

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/freename"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const (
	// maxSchema is the size of the largest model schema the service takes.
	maxSchema = 400 << 10
	// maxSchemas bounds the schemas of one definition together.
	maxSchemas = 32 << 20
)

// A modelSet knows which schemas of the document are models, and makes models of
// others when they are used.
type modelSet struct {
	names  map[*node]string // of the schemas that are models
	inline map[[sha256.Size]byte]string
	taken  freename.Set      // names of models
	urls   map[string]string // of models that others refer to
	failed map[string]bool   // models that cannot be created
	queue  []namedSchema     // schemas that have a name and no model yet
	size   int

	// refused are the failed models that are left out, where that is no error.
	refused map[string]bool
}

// A namedSchema is a schema that is to become a model.
type namedSchema struct {
	name   string
	schema *cursor
}

var modelName = regexp.MustCompile(`^[a-zA-Z0-9]+$`)

// readModels gives a name to each schema that the document declares and makes
// models of them.
func (im *importer) readModels() {
	im.models = &modelSet{
		names:  make(map[*node]string),
		inline: make(map[[sha256.Size]byte]string),
		urls:   make(map[string]string),
		failed: make(map[string]bool),

		refused: make(map[string]bool),
	}
	schemas := im.component("definitions", "schemas")
	for name := range schemas.members() {
		im.models.taken.Take(name)
	}
	for name, schema := range schemas.members() {
		if im.opts.Lenient && !modelName.MatchString(name) {
			name = im.freeName(name)
		}
		im.models.names[schema.node] = name
		im.models.queue = append(im.models.queue, namedSchema{name, schema})
	}
	im.finishModels()
}

// finishModels makes models of all schemas that got a name, and of those that
// they refer to.
func (im *importer) finishModels() {
	for len(im.models.queue) > 0 {
		next := im.models.queue[0]
		im.models.queue = im.models.queue[1:]
		im.addModel(next)
	}
}

// addModel writes the model of a schema.
func (im *importer) addModel(m namedSchema) {
	if !im.spend(m.schema.node.weight) {
		return
	}
	s := schemaWriter{im: im, model: m.name}
	out := s.schema(m.schema)
	w := writer{layout: javaLine, limit: maxSchema}
	w.value(out, 0)
	if im.models.size += len(w.b); w.full() || im.models.size > maxSchemas {
		im.refuseModel(m.name, m.schema, fmt.Sprintf("Model schema is larger than %d bytes", maxSchema))
		return
	}
	contentType, schema := "application/json", string(w.b)
	model := wire.Model{Name: &m.name, ContentType: &contentType, Schema: &schema}
	if d, ok := m.schema.get("description").text(); ok && d != "" {
		model.Description = &d
	}
	im.api.Models = append(im.api.Models, Model{Model: model, Ref: m.schema.reference()})
	im.describeModel(m)
}

// describeModel makes documentation of a schema. A reference has nothing to say.
func (im *importer) describeModel(m namedSchema) {
	said := im.properties(m.schema, "title", "description", "externalDocs")
	if title := stockTitles[m.name]; title != "" && m.schema.str("title") == title {
		said = im.properties(m.schema, "description", "externalDocs")
	}
	if m.schema.get("$ref") == nil {
		im.describe(m.schema, apidoc.Location{Type: "MODEL", Name: m.name}, said)
	}
}

// stockTitles are the titles of the models that every new API has. Exports write them
// without anybody's documentation.
var stockTitles = map[string]string{"Empty": "Empty Schema", "Error": "Error Schema"}

// refuseModel says why the service does not create a model. Of a document that
// was not written for it, a lenient import leaves the model out: nothing that
// is served depends on it.
func (im *importer) refuseModel(name string, c *cursor, why string) {
	im.models.failed[name] = true
	if im.forgiving() {
		im.models.refused[name] = true
		im.noteOf(Serving, Warning, c, "AWS would refuse the model %s: %s", brief(name), why)
		return
	}
	im.fail(c, "Unable to create model for '%s': Invalid model specified: Validation Result: warnings : [], errors : [%s]", brief(name), why)
}

// forgiving reports whether models may be left out.
func (im *importer) forgiving() bool { return im.opts.Lenient && im.api.Plain }

// DropModels removes the named models, those that refer to them, and their uses.
func (a *API) DropModels(names map[string]bool) {
	if len(names) == 0 {
		return
	}
	users := make(map[string][]string) // of each model, those that refer to it
	for i := range a.Models {
		for _, m := range modelURL.FindAllStringSubmatch(*a.Models[i].Schema, -1) {
			users[m[1]] = append(users[m[1]], *a.Models[i].Name)
		}
	}
	dropped := make(map[string]bool)
	for queue := slices.Collect(maps.Keys(names)); len(queue) > 0; {
		name := queue[0]
		if queue = queue[1:]; !dropped[name] {
			dropped[name] = true
			queue = append(queue, users[name]...)
		}
	}
	a.Models = slices.DeleteFunc(a.Models, func(m Model) bool { return dropped[*m.Name] })
	unused := func(_, model string) bool { return dropped[model] }
	for i := range a.Resources {
		for j := range a.Resources[i].Methods {
			m := &a.Resources[i].Methods[j]
			maps.DeleteFunc(m.RequestModels, unused)
			for _, r := range m.MethodResponses {
				maps.DeleteFunc(r.ResponseModels, unused)
			}
		}
	}
}

// modelURL is a reference to a model, as modelRef makes them.
var modelURL = regexp.MustCompile(`"https://apigateway\.amazonaws\.com/restapis/[^/"]+/models/([a-zA-Z0-9]+)"`)

// maxFreeName bounds the names that are made, without the number behind them.
const maxFreeName = 200

// freeName makes a model name of any text.
func (im *importer) freeName(name string) string {
	base := strings.Map(func(r rune) rune {
		if r < 0x80 && modelName.MatchString(string(r)) {
			return r
		}
		return -1
	}, name)
	if base == "" {
		base = "Model"
	}
	return im.models.taken.Free(base[:min(len(base), maxFreeName)])
}

// modelNamed returns the name of the model that the schema to, the target of a
// reference, is or becomes.
func (im *importer) modelNamed(to *cursor) string {
	if name, ok := im.models.names[to.node]; ok {
		return name
	}
	name := to.key
	if to.up == nil { // a whole file
		name = strings.TrimSuffix(path.Base(to.node.src.name), path.Ext(to.node.src.name))
	}
	name = im.freeName(name)
	im.models.names[to.node] = name
	im.models.queue = append(im.models.queue, namedSchema{name, to})
	return name
}

// inlineModel returns the name of the model of a schema that stands in an
// operation: MODEL and six hexadecimal digits, as the service names them. Ours
// depend on the schema, so that importing again gives the same names and equal
// schemas share a model.
func (im *importer) inlineModel(schema *cursor) string {
	if name, ok := im.models.names[schema.node]; ok {
		return name
	}
	sum := sha256.Sum256([]byte(compact(schema.node)))
	name, ok := im.models.inline[sum]
	for i := 0; !ok; i++ {
		name = "MODEL" + hex.EncodeToString(sum[i:i+3])
		ok = !im.models.taken.Taken(name) || i+3 == len(sum)
	}
	if _, known := im.models.inline[sum]; !known {
		im.models.inline[sum] = name
		im.models.taken.Take(name)
		im.models.queue = append(im.models.queue, namedSchema{name, schema})
	}
	im.models.names[schema.node] = name
	return name
}

// modelRef returns how models refer to the model called name.
func (im *importer) modelRef(name string) string {
	url, ok := im.models.urls[name] // all references to a model share it
	if !ok {
		id := im.opts.APIID
		if id == "" {
			id = "{apiId}"
		}
		url = "https://apigateway.amazonaws.com/restapis/" + id + "/models/" + name
		im.models.urls[name] = url
	}
	return url
}

// usedModel returns the name of the model for the schema of a body, "" when it
// has none; the service's warning then says why. use is how its messages call
// the body: in 200 response to method 'GET /pets'.
func (im *importer) usedModel(schema *cursor, use string) string {
	ref := schema.get("$ref")
	if !ref.is(text) {
		if class := unsupportedModel(im.dialect, schema); class != "" {
			im.warn(schema, "Unsupported model type '%s' %s. Ignoring.", class, use)
			return ""
		}
		return im.inlineModel(schema)
	}
	to, err := im.docs.resolve(schema.node.src, im.localRef(ref.node.value))
	if err == nil {
		if name := im.modelNamed(to); !im.models.failed[name] {
			return name
		}
	}
	switch {
	case err == nil && im.forgiving():
		return "" // the model itself is told of
	case im.forgiving():
		im.noteOf(Serving, Warning, ref, "cannot follow %s: %v", brief(ref.node.value), err)
		return ""
	}
	im.warn(ref, "Reference to model '%s' not found. Ignoring.", brief(lastKey(ref.node.value)))
	if err != nil {
		im.note(Error, ref, "cannot follow %s: %v", brief(ref.node.value), err)
	}
	return ""
}

// localRef completes the short references of old Swagger documents: Pet stands
// for #/definitions/Pet.
func (im *importer) localRef(ref string) string {
	if im.dialect == swagger2 && !strings.ContainsAny(ref, "#/.") {
		return "#/definitions/" + ref
	}
	return ref
}

// lastKey returns the end of a reference, which the service takes for the name of
// a model.
func lastKey(ref string) string { return ref[strings.LastIndexAny(ref, "/#")+1:] }

// unsupportedModel returns the service's name for the type of a schema that
// cannot be a model of its own, "" for objects, arrays and compositions.
func unsupportedModel(d dialect, schema *cursor) string {
	for _, key := range []string{"properties", "additionalProperties", "items", "allOf", "oneOf", "anyOf"} {
		if schema.get(key) != nil {
			return ""
		}
	}
	suffix := "Schema"
	if d == swagger2 {
		suffix = "Property"
	}
	switch t := schema.str("type"); t {
	case "object", "array":
		return ""
	case "string", "integer", "number", "boolean":
		return primitiveClass(t, schema.str("format")) + suffix
	default:
		return suffix
	}
}

// primitiveClass returns how the service's parser calls a primitive type.
func primitiveClass(t, format string) string {
	switch t {
	case "integer":
		return "Integer"
	case "number":
		return "Number"
	case "boolean":
		return "Boolean"
	}
	classes := map[string]string{
		"date": "Date", "date-time": "DateTime", "uuid": "UUID", "email": "Email",
		"password": "Password", "binary": "Binary", "byte": "ByteArray",
	}
	if class, ok := classes[format]; ok {
		return class
	}
	return "String"
}
