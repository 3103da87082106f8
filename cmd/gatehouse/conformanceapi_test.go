package main

import "maps"

// with is an integration under edits: members of edits replace its own.
func with(integration tree, edits []tree) tree {
	for _, edit := range edits {
		maps.Copy(integration, edit)
	}
	return integration
}

// ofMock is a MOCK integration that answers 200 without a body.
func ofMock(edits ...tree) tree {
	return with(tree{"type": "mock", "requestTemplates": tree{"application/json": `{"statusCode": 200}`}, "responses": responses("200", nil)}, edits)
}

// ofHTTP is an HTTP integration that passes bodies through.
func ofHTTP(target string, edits ...tree) tree {
	return with(tree{"type": "http", "httpMethod": "POST", "uri": "http://{backend}" + target, "responses": responses("200", nil)}, edits)
}

// ofProxy is an HTTP_PROXY integration.
func ofProxy(target string, edits ...tree) tree {
	return with(tree{"type": "http_proxy", "httpMethod": "ANY", "uri": "http://{backend}" + target}, edits)
}

const functionARN = "arn:aws:lambda:us-east-1:000000000000:function:"

func lambdaURI(function string) string {
	return "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + functionARN + function + "/invocations"
}

// ofFunction is an AWS_PROXY integration.
func ofFunction(edits ...tree) tree {
	return with(tree{"type": "aws_proxy", "httpMethod": "POST", "uri": lambdaURI("f")}, edits)
}

// ofLambda is an AWS integration of a function.
func ofLambda(edits ...tree) tree {
	return with(tree{"type": "aws", "httpMethod": "POST", "uri": lambdaURI("f"), "responses": responses("200", nil)}, edits)
}

// responses has one integration response, the default.
func responses(status string, members tree) tree {
	return tree{"default": with(tree{"statusCode": status}, []tree{members})}
}

// says is the default integration response with a template.
func says(template string) tree {
	return tree{"responses": responses("200", tree{"responseTemplates": tree{"application/json": template}})}
}

// gives is the default integration response with mapped headers.
func gives(headers tree) tree {
	return tree{"responses": responses("200", tree{"responseParameters": prefixed("method.response.header.", headers)})}
}

// asks is a request template.
func asks(template string) tree { return tree{"requestTemplates": tree{"application/json": template}} }

// mappings are those of a request, without their "integration.request.".
func mappings(parameters tree) tree {
	return tree{"requestParameters": prefixed("integration.request.", parameters)}
}

func prefixed(prefix string, members tree) tree {
	out := make(tree, len(members))
	for name, value := range members {
		out[prefix+name] = value
	}
	return out
}

const (
	jsonType = "Content-Type: application/json\n"
	okEmpty  = "200\n" + jsonType + "\n"

	// The engine's and the front door's answers to failures.
	internalErrorAnswer = "500\n" + jsonType + "x-amzn-ErrorType: InternalServerErrorException\n\n" + `{"message": "Internal server error"}`
	badGatewayAnswer    = "502\n" + jsonType + "x-amzn-ErrorType: InternalServerErrorException\n\n" + `{"message": "Internal server error"}`
	missingTokenAnswer  = "403\n" + jsonType + "x-amzn-ErrorType: MissingAuthenticationTokenException\n\n" + `{"message":"Missing Authentication Token"}`
	unsupportedAnswer   = "415\n" + jsonType + "x-amzn-ErrorType: BadRequestException\n\n" + `{"message": "Unsupported Media Type"}`
	invalidBodyAnswer   = "400\n" + jsonType + "x-amzn-ErrorType: BadRequestException\n\n" + `{"message": "Invalid request body"}`
)

func missingParameters(names string) string {
	return "400\n" + jsonType + "x-amzn-ErrorType: BadRequestException\n\n" + `{"message": "Missing required request parameters: [` + names + `]"}`
}
