package main

// validatedAPI has a request validator for everything, and models.
var validatedAPI = tree{
	"x-amazon-apigateway-request-validators": tree{"all": tree{"validateRequestBody": true, "validateRequestParameters": true}},
	"components": tree{"schemas": tree{
		"Pet": tree{"type": "object", "required": []string{"name"}, "properties": tree{"name": tree{"type": "string"}}},
		"Any": tree{"type": "object"},
		"OneOf": tree{"oneOf": []tree{
			{"$ref": "#/components/schemas/Pet"},
			{"type": "object", "required": []string{"id"}, "properties": tree{"id": tree{"type": "integer"}}},
		}},
	}},
}

// validatedOp declares required parameters, in the order of their names, and a
// model for JSON.
func validatedOp(model string, parameters ...[2]string) tree {
	op := tree{"x-amazon-apigateway-request-validator": "all", "parameters": []tree{}}
	for _, p := range parameters {
		op["parameters"] = append(op["parameters"].([]tree), tree{"in": p[0], "name": p[1], "required": true, "schema": tree{"type": "string"}})
	}
	if model != "" {
		op["requestBody"] = tree{"required": true, "content": tree{"application/json": tree{"schema": tree{"$ref": "#/components/schemas/" + model}}}}
	}
	return op
}

func pipelineCases() []conformanceCase {
	three := [][2]string{{"query", "qs1"}, {"path", "issuer"}, {"header", "x-header-param"}}
	validated := func(name, model string, parameters [][2]string, send, want string) conformanceCase {
		return conformanceCase{name: name, api: validatedAPI, op: validatedOp(model, parameters...), method: ofMock(), send: send, want: want}
	}
	missing := func(name, send, names string) conformanceCase {
		return validated(name, "", three, send, missingParameters(names))
	}
	closed := func(name string, op tree) conformanceCase {
		return conformanceCase{name: name, op: op, method: ofMock(), send: "GET {x} HTTP/1.1",
			want: "403\n" + jsonType + "x-amzn-ErrorType: AccessDeniedException\n\n" + `{"Message":"Forbidden"}`,
			api: tree{"components": tree{"securitySchemes": tree{
				"key":   tree{"type": "apiKey", "name": "x-api-key", "in": "header"},
				"sigv4": tree{"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}}}}}
	}
	unsigned := func(name string, op tree) conformanceCase {
		c := closed(name, op)
		c.want = missingTokenAnswer
		return c
	}
	missingKey := closed("a missing API key", tree{"security": []tree{{"key": []string{}}}})
	missingKey.want = "403\n" + jsonType + "x-amzn-ErrorType: ForbiddenException\n\n" + `{"message":"Forbidden"}`
	return []conformanceCase{
		missing("missing parameters are listed: headers, path, query", "GET {x} HTTP/1.1", "x-header-param, issuer, qs1"),
		missing("a path parameter that the path lacks is always missing", "GET {x}?qs1=1 HTTP/1.1\nx-header-param: 1", "issuer"),
		validated("one missing header", "", three[2:], "GET {x} HTTP/1.1", missingParameters("x-header-param")),
		validated("a blank parameter is missing", "", three[:1], "GET {x}?qs1=%20 HTTP/1.1", missingParameters("qs1")),
		validated("parameters go before the body", "Pet", three[2:], "POST {x} HTTP/1.1\n\n{}", missingParameters("x-header-param")),
		validated("a valid body", "Pet", nil, "POST {x} HTTP/1.1\n\n"+`{"name": "Rex"}`, okEmpty),
		validated("an invalid body", "Pet", nil, "POST {x} HTTP/1.1\n\n"+`{"name": 1}`, invalidBodyAnswer),
		validated("an empty body is {}", "Any", nil, "POST {x} HTTP/1.1", okEmpty),
		validated("an empty body lacks what is required", "Pet", nil, "POST {x} HTTP/1.1", invalidBodyAnswer),
		validated("an empty body on GET too", "Pet", nil, "GET {x} HTTP/1.1", invalidBodyAnswer),
		validated("a body that is no JSON", "Any", nil, "POST {x} HTTP/1.1\n\nhello", invalidBodyAnswer),
		validated("oneOf with a reference, first", "OneOf", nil, "POST {x} HTTP/1.1\n\n"+`{"name": "Rex"}`, okEmpty),
		validated("oneOf with a reference, second", "OneOf", nil, "POST {x} HTTP/1.1\n\n"+`{"id": 1}`, okEmpty),
		validated("oneOf with a reference, none", "OneOf", nil, "POST {x} HTTP/1.1\n\n"+`{"other": 1}`, invalidBodyAnswer),
		{name: "validation goes before the choice of a template", api: validatedAPI, op: validatedOp("Pet"),
			method: ofMock(tree{"passthroughBehavior": "never"}),
			send:   "POST {x} HTTP/1.1\nContent-Type: application/xml\n\n<a/>", want: unsupportedAnswer},
		{name: "no validator, no validation", api: validatedAPI, op: tree{"parameters": validatedOp("", three...)["parameters"]}, method: ofMock(),
			send: "GET {x} HTTP/1.1", want: okEmpty},
		{name: "the route goes before everything", api: validatedAPI, op: validatedOp("Pet"), method: ofMock(), path: "/here",
			send: "POST {x}/there HTTP/1.1", want: missingTokenAnswer},
		{name: "the content coding goes before the model", api: validatedAPI, op: validatedOp("Pet"), method: ofMock(),
			send: "POST {x} HTTP/1.1\nContent-Encoding: br\n\nx", want: unsupportedAnswer},
		{name: "a backend's failure is no gateway response", api: tree{"x-amazon-apigateway-gateway-responses": tree{"DEFAULT_5XX": tree{"statusCode": 418}}},
			method: ofProxy("/"), send: "GET {x} HTTP/1.1", answer: "HTTP/1.1 503 Service Unavailable\nContent-Type: text/plain\n\nlater",
			want: "503\nContent-Type: text/plain\nx-amzn-Remapped-Content-Length: 5\n\nlater"},
		missingKey,
		unsigned("AWS_IAM goes before API keys", tree{"security": []tree{{"sigv4": []string{}, "key": []string{}}}}),
	}
}
