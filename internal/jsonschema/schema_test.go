package jsonschema

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// schemas makes a loader of texts.
func schemas(texts map[string]string) func(string) (string, bool) {
	return func(uri string) (string, bool) {
		text, ok := texts[uri]
		return text, ok
	}
}

func compile(t testing.TB, schema string) *Schema {
	t.Helper()
	s, err := NewCompiler(schemas(map[string]string{"m": schema})).Compile("m")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMessages holds json-schema-validator's words. Those marked recorded were
// seen in answers of API Gateway.
func TestMessages(t *testing.T) {
	tests := map[string]struct{ schema, body, want string }{
		"required, recorded":           {`{"required": ["transactionState", "timestamp", "transactionId"]}`, `{}`, `[object has missing required properties (["timestamp","transactionId","transactionState"])]`},
		"type, recorded":               {`{"properties": {"a": {"properties": {"b": {"type": "number"}}}}}`, `{"a": {"b": "100"}}`, `[instance type (string) does not match any allowed primitive type (allowed: ["integer","number"])]`},
		"boolean for string, recorded": {`{"properties": {"a": {"type": "string"}}}`, `{"a": true}`, `[instance type (boolean) does not match any allowed primitive type (allowed: ["string"])]`},
		"minimum, recorded":            {`{"properties": {"t": {"type": "number", "minimum": 315529200000}}}`, `{"t": 1}`, `[numeric instance is lower than the required minimum (minimum: 315529200000, found: 1)]`},
		"oneOf, recorded":              {`{"oneOf": [{"type": "string"}, {"type": "null"}]}`, `1`, `[instance failed to match exactly one schema (matched 0 out of 2)]`},
		"enum, recorded":               {`{"enum": ["CREATED", "SENT", "EXPIRED"]}`, `"INVALID"`, `[instance value ("INVALID") not found in enum (possible values: ["CREATED","SENT","EXPIRED"])]`},
		"oneOf matches all":            {`{"oneOf": [{}, {}, {}]}`, `1`, `[instance failed to match exactly one schema (matched 3 out of 3)]`},
		"anyOf":                        {`{"anyOf": [{"type": "string"}, {"type": "null"}]}`, `1`, `[instance failed to match at least one required schema among 2]`},
		"allOf":                        {`{"allOf": [{"type": "string"}, {"type": "integer"}, {"minimum": 5}]}`, `1`, `[instance failed to match all required schemas (matched only 1 out of 3)]`},
		"not":                          {`{"not": {"type": "string"}}`, `"x"`, `[instance matched a schema which it should not have]`},
		"maximum":                      {`{"maximum": 1.5}`, `2`, `[numeric instance is greater than the required maximum (maximum: 1.5, found: 2)]`},
		"exclusive minimum":            {`{"minimum": 3, "exclusiveMinimum": true}`, `3.0`, `[numeric instance is not strictly greater than the required minimum 3]`},
		"exclusive maximum":            {`{"maximum": 3, "exclusiveMaximum": true}`, `3`, `[numeric instance is not strictly lower than the required maximum 3]`},
		"multipleOf":                   {`{"multipleOf": 0.01}`, `19.995`, `[remainder of division is not zero (19.995 / 0.01)]`},
		"minLength":                    {`{"minLength": 3}`, `"a𝄞"`, `[string "a𝄞" is too short (length: 2, required minimum: 3)]`},
		"maxLength":                    {`{"maxLength": 1}`, `"ab"`, `[string "ab" is too long (length: 2, maximum allowed: 1)]`},
		"pattern":                      {`{"pattern": "^a/+$"}`, `"b/"`, `[ECMA 262 regex "^a/+$" does not match input string "b/"]`},
		"minItems":                     {`{"minItems": 2}`, `[1]`, `[array is too short: must have at least 2 elements but instance has 1 elements]`},
		"maxItems":                     {`{"maxItems": 0}`, `[1]`, `[array is too long: must have at most 0 elements but instance has 1 elements]`},
		"uniqueItems":                  {`{"uniqueItems": true}`, `[1, {"a": [2]}, 1.0]`, `[array must not contain duplicate elements]`},
		"long list, equal numbers":     {`{"uniqueItems": true}`, `[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1200, 12e2]`, `[array must not contain duplicate elements]`},
		"long list, equal objects":     {`{"uniqueItems": true}`, `[0, 1, 2, 3, 4, 5, 6, 7, 8, {"a": 1, "b": [null]}, {"b": [null], "a": 1.0}]`, `[array must not contain duplicate elements]`},
		"additionalItems":              {`{"items": [{}], "additionalItems": false}`, `[1, 2]`, `[schema only allows 1 elements in array but instance has 2 elements]`},
		"minProperties":                {`{"minProperties": 1}`, `{}`, `[object has too few properties (found 0 but schema requires at least 1)]`},
		"maxProperties":                {`{"maxProperties": 0}`, `{"a": 1}`, `[object has too many properties (found 1 but schema requires at most 0)]`},
		"additionalProperties":         {`{"properties": {"a": {}}, "patternProperties": {"^x": {}}, "additionalProperties": false}`, `{"c": 1, "b": 1, "a": 1, "xy": 1}`, `[object instance has properties which are not allowed by the schema: ["b","c"]]`},
		"dependencies":                 {`{"dependencies": {"b": ["c"], "a": ["d", "c"]}}`, `{"a": 1, "b": 1, "d": 1}`, `[property "a" of object has missing property dependencies (schema requires ["c","d"]; missing: ["c"]), property "b" of object has missing property dependencies (schema requires ["c"]; missing: ["c"])]`},
		"schema dependencies":          {`{"dependencies": {"a": {"required": ["z"], "maxProperties": 0}}}`, `{"a": 1}`, `[object has too many properties (found 1 but schema requires at most 0), object has missing required properties (["z"])]`},

		"by keyword, format last":               {`{"type": "integer", "format": "ipv4", "minLength": 9, "enum": [1]}`, `"x"`, `[instance value ("x") not found in enum (possible values: [1]), string "x" is too short (length: 1, required minimum: 9), instance type (string) does not match any allowed primitive type (allowed: ["integer"]), string "x" is not a valid IPv4 address]`},
		"nothing below what fails":              {`{"required": ["z"], "properties": {"a": {"type": "string"}}}`, `{"a": 1}`, `[object has missing required properties (["z"])]`},
		"members by name":                       {`{"properties": {"b": {"type": "string"}, "a": {"type": "null"}}}`, `{"b": 1, "a": 2}`, `[instance type (integer) does not match any allowed primitive type (allowed: ["null"]), instance type (integer) does not match any allowed primitive type (allowed: ["string"])]`},
		"elements":                              {`{"items": {"items": {"type": "null"}}}`, `[[1], [null], [2]]`, `[instance type (integer) does not match any allowed primitive type (allowed: ["null"])]`},
		"null is a type":                        {`{"type": "object"}`, `null`, `[instance type (null) does not match any allowed primitive type (allowed: ["object"])]`},
		"1.0 is no integer":                     {`{"type": "integer"}`, `1.0`, `[instance type (number) does not match any allowed primitive type (allowed: ["integer"])]`},
		"property and pattern":                  {`{"properties": {"ab": {"type": "null"}}, "patternProperties": {"b": {"type": "string"}}}`, `{"ab": 1}`, `[instance type (integer) does not match any allowed primitive type (allowed: ["null"]), instance type (integer) does not match any allowed primitive type (allowed: ["string"])]`},
		"siblings of $ref count for nothing":    {`{"properties": {"a": {"$ref": "#/definitions/s", "type": "null"}}, "definitions": {"s": {"type": "string"}}}`, `{"a": 1}`, `[instance type (integer) does not match any allowed primitive type (allowed: ["string"])]`},
		"a number beyond all doubles":           {`{"maximum": 1e300}`, `1e2000000000`, `[numeric instance is greater than the required maximum (maximum: 1.0E300, found: null)]`},
		"messages repeat no more than they may": {`{"maxLength": 1}`, `"` + strings.Repeat("ä", 600) + `"`, `[string "` + strings.Repeat("ä", 512) + `..." is too long (length: 600, maximum allowed: 1)]`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := compile(t, tt.schema).Validate([]byte(tt.body))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestValid(t *testing.T) {
	tests := map[string]struct{ schema, body string }{
		"anything":                           {`{}`, `[1]`},
		"keywords for other types":           {`{"minLength": 9, "minimum": 9, "required": ["a"], "minItems": 3, "pattern": "x", "additionalProperties": false, "uniqueItems": true}`, `null`},
		"unknown keywords and formats":       {`{"nullable": true, "format": "int32", "x-y": 1, "readOnly": true}`, `"x"`},
		"additional schema is of the others": {`{"properties": {"a": {}}, "patternProperties": {"^b": {}}, "additionalProperties": {"type": "null"}}`, `{"a": 1, "b": 1, "c": null}`},
		"additional schema":                  {`{"additionalProperties": {"type": "integer"}}`, `{"a": 1}`},
		"number takes integers":              {`{"type": ["null", "number"]}`, `1`},
		"pattern finds":                      {`{"pattern": "b+"}`, `"abbc"`},
		"pattern of Java":                    {`{"pattern": "^(?=.*\\d)(?!x)\\p{Alpha}++\\d$"}`, `"abc1"`},
		"enum of numbers by value":           {`{"enum": [1, {"a": [1.50, null, true]}]}`, `{"a": [1.5, null, true]}`},
		"enum 1.0":                           {`{"enum": [1]}`, `1.0`},
		"multiple of a fraction":             {`{"multipleOf": 0.01}`, `19.99`},
		"a huge multiple":                    {`{"multipleOf": 3}`, `3.0000000000000000000e999999999`},
		"additionalItems behind one schema":  {`{"items": {}, "additionalItems": false}`, `[1, 2]`},
		"additionalItems without items":      {`{"additionalItems": false}`, `[1, 2]`},
		"rest":                               {`{"items": [{}, {"type": "null"}], "additionalItems": {"type": "string"}}`, `[1, null, "a"]`},
		"fewer elements than schemas":        {`{"items": [{}, {"type": "null"}]}`, `[1]`},
		"dependency of what is not there":    {`{"dependencies": {"a": ["b"], "c": {"required": ["d"]}}}`, `{}`},
		"recursion":                          {`{"properties": {"next": {"$ref": "#"}}, "additionalProperties": false}`, `{"next": {"next": {}}}`},
		"duplicate members: the last counts": {`{"properties": {"a": {"type": "null"}}}`, `{"a": 1, "a": null}`},
		"definitions may be wrong if unused": {`{"definitions": {"x": {"type": 1}}}`, `1`},
		"id changes nothing":                 {`{"id": "http://example.com/x.json", "properties": {"a": {"$ref": "#/definitions/a"}}, "definitions": {"a": {}}}`, `{"a": 1}`},
		"pointer with escapes":               {`{"$ref": "#/definitions/a%20~1~0b/items/1", "definitions": {"a /~b": {"items": [{"type": "null"}, {"type": "integer"}]}}}`, `1`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := compile(t, tt.schema).Validate([]byte(tt.body)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNotJSON(t *testing.T) {
	s := compile(t, `{}`)
	for _, body := range []string{``, ` `, `{a: 1}`, `{'a': 1}`, `[1,]`, `{"a": 1} x`, `not json`, `"\u12"`, strings.Repeat("[", 401) + strings.Repeat("]", 401)} {
		if err := s.Validate([]byte(body)); !errors.Is(err, ErrNotJSON) {
			t.Errorf("%.20s: %v", body, err)
		}
	}
}

func TestReferencesBetweenDocuments(t *testing.T) {
	c := NewCompiler(schemas(map[string]string{
		"u/Pet":   `{"properties": {"owner": {"$ref": "u/Owner"}, "kind": {"$ref": "u/Owner#/definitions/kind"}}, "required": ["owner"]}`,
		"u/Owner": `{"properties": {"pets": {"type": "array", "items": {"$ref": "u/Pet"}}}, "definitions": {"kind": {"enum": ["cat"]}}}`,
	}))
	pet, err := c.Compile("u/Pet")
	if err != nil {
		t.Fatal(err)
	}
	owner, err := c.Compile("u/Owner")
	if err != nil {
		t.Fatal(err)
	}
	if err := pet.Validate([]byte(`{"owner": {"pets": [{"owner": {}, "kind": "cat"}]}}`)); err != nil {
		t.Error(err)
	}
	if err := owner.Validate([]byte(`{"pets": [{"owner": {}, "kind": "dog"}]}`)); err == nil {
		t.Error("a dog is taken for a cat")
	}
}

func TestCompileErrors(t *testing.T) {
	tests := map[string]struct{ schema, want string }{
		"not JSON":               {`{`, `m: JSON: unexpected end at offset 1`},
		"not an object":          {`true`, `m#: a schema must be an object`},
		"a part is no object":    {`{"properties": {"a/b": 1}}`, `m#/properties/a~1b: a schema must be an object`},
		"properties":             {`{"properties": []}`, `m#: properties must be an object`},
		"unknown type":           {`{"items": {"type": "file"}}`, `m#/items: type must be one of [array boolean integer null number object string] or a list of them`},
		"empty type":             {`{"type": []}`, `m#: type must name at least one type`},
		"required of draft 3":    {`{"properties": {"a": {"required": true}}}`, `m#/properties/a: required must be a list of at least one name`},
		"required twice":         {`{"required": ["a", "a"]}`, `m#: required has a name twice`},
		"required number":        {`{"required": [1]}`, `m#: required must be a list of names`},
		"enum":                   {`{"enum": []}`, `m#: enum must be a list of at least one value`},
		"count":                  {`{"minLength": -1}`, `m#: minLength must be an integer that is not negative`},
		"count with fraction":    {`{"maxItems": 1.0}`, `m#: maxItems must be an integer that is not negative`},
		"bound":                  {`{"minimum": "1"}`, `m#: minimum must be a number`},
		"exclusive of draft 6":   {`{"exclusiveMinimum": 1}`, `m#: exclusiveMinimum must be a boolean`},
		"exclusive alone":        {`{"exclusiveMaximum": true}`, `m#: exclusiveMaximum needs maximum`},
		"multipleOf":             {`{"multipleOf": 0.0}`, `m#: multipleOf must be a number above 0`},
		"uniqueItems":            {`{"uniqueItems": 1}`, `m#: uniqueItems must be a boolean`},
		"pattern":                {`{"pattern": "("}`, `m#: regular expression (: Unclosed group near index 1`},
		"patternProperties":      {`{"patternProperties": {"[": {}}}`, `m#: regular expression [: Unclosed character class near index 1`},
		"no schemas":             {`{"anyOf": []}`, `m#: anyOf must have at least one schema`},
		"one schema":             {`{"allOf": {}}`, `m#: allOf must be a list of schemas`},
		"not":                    {`{"not": []}`, `m#/not: a schema must be an object`},
		"dependencies":           {`{"dependencies": 1}`, `m#: dependencies must be an object`},
		"format":                 {`{"format": 1}`, `m#: format must be a string`},
		"ref":                    {`{"$ref": 1}`, `m#: $ref must be a string`},
		"ref to nowhere":         {`{"$ref": "#/definitions/x"}`, `m#: $ref #/definitions/x leads nowhere`},
		"ref to an anchor":       {`{"$ref": "#x"}`, `m#: $ref #x: not a JSON pointer`},
		"ref to no document":     {`{"items": {"$ref": "other"}}`, `m#/items: $ref other: there is no such schema`},
		"ref to itself":          {`{"$ref": "#"}`, `m#: the reference leads to itself`},
		"ref to one another":     {`{"items": {"$ref": "#/definitions/a"}, "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}}`, `m#/definitions/a: the reference leads to itself`},
		"ref to a number":        {`{"$ref": "#/x", "x": 1}`, `m#/x: a schema must be an object`},
		"too large":              {`{"description": "` + strings.Repeat("x", MaxSize) + `"}`, `m: JSON: longer than 409600 bytes at offset 409600`},
		"too deep":               {strings.Repeat(`{"not":`, 401) + `{}` + strings.Repeat(`}`, 401), `m: JSON: nested more than 400 deep at offset 2800`},
		"too many expressions":   {`{"allOf": [` + strings.Repeat(`{"pattern": "x"},`, maxPatterns) + `{"pattern": "x"}]}`, `m#/allOf/2000: more than 2000 regular expressions`},
		"a bad ref among others": {`{"allOf": [{}, {"$ref": "#/allOf/7"}]}`, `m#/allOf/1: $ref #/allOf/7 leads nowhere`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := NewCompiler(schemas(map[string]string{"m": tt.schema})).Compile("m")
			var is *Error
			if !errors.As(err, &is) || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	if _, err := NewCompiler(schemas(nil)).Compile("m"); err == nil {
		t.Error("a document that is not there compiles")
	}
}

// TestLimits holds what strangers and schemas could do together.
func TestLimits(t *testing.T) {
	branching := `{"oneOf": [{"properties": {"l": {"$ref": "#"}, "op": {"properties": {"add": {}}}}}, {"properties": {"l": {"$ref": "#"}, "op": {"properties": {"sub": {}}}}},
		{"properties": {"l": {"$ref": "#"}}, "minProperties": 3}]}`
	tests := map[string]struct {
		schema, body string
		want         error
	}{
		"branches without end":    {branching, strings.Repeat(`{"op": {}, "l":`, 60) + "1" + strings.Repeat("}", 60), ErrLimit},
		"goes round in circles":   {`{"allOf": [{"anyOf": [{"$ref": "#"}]}]}`, `1`, ErrLimit},
		"circle in a dependency":  {`{"dependencies": {"a": {"$ref": "#"}}}`, `{"a": 1}`, ErrLimit},
		"a pattern that runs off": {`{"pattern": "^(a+)+(?=b)c$"}`, `"` + strings.Repeat("a", 5000) + `"`, ErrLimit},
		"large and fine":          {`{"items": {"type": "integer", "minimum": 0, "allOf": [{}, {}]}}`, "[" + strings.Repeat("1,", 1<<17) + "1]", nil},
		"large and unique":        {`{"uniqueItems": true}`, "[" + strings.Repeat("[[[]]],", 1<<10) + `1, 2, 3, 1]`, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			err := compile(t, tt.schema).Validate([]byte(tt.body))
			if tt.want != nil && !errors.Is(err, tt.want) || tt.want == nil && errors.Is(err, ErrLimit) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if took := time.Since(start); took > 4*maxTime {
				t.Errorf("took %v", took)
			}
		})
	}
}
