package apimodel

// metaSchema is what a JSON schema of draft 4 looks like, as a schema. Formats
// are left out: patterns are Java's, and a URI may be relative.
const metaSchema = `{
	"type": "object",
	"properties": {
		"id": {"type": "string"},
		"$schema": {"type": "string"},
		"$ref": {"type": "string"},
		"title": {"type": "string"},
		"description": {"type": "string"},
		"multipleOf": {"type": "number", "minimum": 0, "exclusiveMinimum": true},
		"maximum": {"type": "number"},
		"exclusiveMaximum": {"type": "boolean"},
		"minimum": {"type": "number"},
		"exclusiveMinimum": {"type": "boolean"},
		"maxLength": {"$ref": "#/definitions/count"},
		"minLength": {"$ref": "#/definitions/count"},
		"pattern": {"type": "string"},
		"additionalItems": {"$ref": "#/definitions/schemaOrBoolean"},
		"items": {"anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/schemas"}]},
		"maxItems": {"$ref": "#/definitions/count"},
		"minItems": {"$ref": "#/definitions/count"},
		"uniqueItems": {"type": "boolean"},
		"maxProperties": {"$ref": "#/definitions/count"},
		"minProperties": {"$ref": "#/definitions/count"},
		"required": {"$ref": "#/definitions/strings"},
		"additionalProperties": {"$ref": "#/definitions/schemaOrBoolean"},
		"definitions": {"$ref": "#/definitions/named"},
		"properties": {"$ref": "#/definitions/named"},
		"patternProperties": {"$ref": "#/definitions/named"},
		"dependencies": {"type": "object", "additionalProperties": {"anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/strings"}]}},
		"enum": {"type": "array", "minItems": 1, "uniqueItems": true},
		"type": {"anyOf": [{"$ref": "#/definitions/type"}, {"type": "array", "items": {"$ref": "#/definitions/type"}, "minItems": 1, "uniqueItems": true}]},
		"format": {"type": "string"},
		"allOf": {"$ref": "#/definitions/schemas"},
		"anyOf": {"$ref": "#/definitions/schemas"},
		"oneOf": {"$ref": "#/definitions/schemas"},
		"not": {"$ref": "#"}
	},
	"dependencies": {"exclusiveMaximum": ["maximum"], "exclusiveMinimum": ["minimum"]},
	"definitions": {
		"count": {"type": "integer", "minimum": 0},
		"schemas": {"type": "array", "minItems": 1, "items": {"$ref": "#"}},
		"named": {"type": "object", "additionalProperties": {"$ref": "#"}},
		"schemaOrBoolean": {"anyOf": [{"type": "boolean"}, {"$ref": "#"}]},
		"strings": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"type": "string"}},
		"type": {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]}
	}
}`
