package control_test

// corpusBase are the operations that all definitions of the table have.
var corpusBase = fragment{
	openapi: `
openapi: "3.0.1"
info: {title: Items, version: "2024-05-24T20:39:34Z"}
paths:
  /items:
    get: {responses: {"200": {description: 200 response, content: {}}}}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}}}
      responses: {"200": {description: 200 response, content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}}}}
  /items/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: 200 response, content: {}}}
components: {schemas: {Item: {title: Item, type: object, properties: {id: {type: string}, price: {type: number}}}}}
`,
	swagger: `
swagger: "2.0"
info: {title: Items, version: "2024-05-24T20:39:34Z"}
paths:
  /items:
    get: {responses: {"200": {description: 200 response}}}
    post:
      consumes: [application/json]
      produces: [application/json]
      parameters: [{in: body, name: Item, required: true, schema: {$ref: "#/definitions/Item"}}]
      responses: {"200": {description: 200 response, schema: {$ref: "#/definitions/Item"}}}
  /items/{id}:
    get:
      parameters: [{name: id, in: path, required: true, type: string}]
      responses: {"200": {description: 200 response}}
definitions: {Item: {title: Item, type: object, properties: {id: {type: string}, price: {type: number}}}}
`,
}

// corpusIntegrations are the values of x-amazon-apigateway-integration.
var corpusIntegrations = []fragment{
	{name: "mock", both: `
type: mock
passthroughBehavior: when_no_match
requestTemplates: {application/json: "{\"statusCode\": 200}"}
responses: {default: {statusCode: "200", responseTemplates: {application/json: "{\"items\": []}"}}}
`},
	{name: "http", noSwagger: true, both: `
type: http
httpMethod: GET
uri: https://backend.example.com/items
responses:
  default: {statusCode: "200", responseTemplates: {application/json: "#set($inputRoot = $input.path('$'))\n{\n  \"n\": $inputRoot.size()\n}"}}
  4\d{2}: {statusCode: "404"}
  5\d{2}: {statusCode: "502", responseTemplates: {application/json: "{}", text/html: "<h1>502</h1>"}}
`},
	{name: "HTTP proxy", both: `
type: http_proxy
httpMethod: ANY
uri: https://${stageVariables.host}/items
timeoutInMillis: 5000
`},
	{name: "Lambda function", both: `
type: aws
httpMethod: POST
uri: arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:items/invocations
credentials: arn:aws:iam::000000000000:role/invoke
passthroughBehavior: never
contentHandling: CONVERT_TO_TEXT
requestParameters: {integration.request.header.X-Amz-Invocation-Type: "'Event'"}
requestTemplates: {application/json: "{\"body\": $input.json('$'), \"method\": \"$context.httpMethod\"}"}
responses:
  default: {statusCode: "200"}
  .*\[NotFound\].*: {statusCode: "404", responseTemplates: {application/json: "{\"message\": \"$input.path('$.errorMessage')\"}"}}
  ".*(Error|Exception).*\n?": {statusCode: "500"}
`},
	{name: "Lambda proxy", both: `
type: AWS_PROXY
httpMethod: POST
uri: arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:${stageVariables.function}/invocations
responses: {default: {statusCode: "200"}}
contentHandling: CONVERT_TO_TEXT
passthroughBehavior: when_no_match
`},
	{name: "queue", both: `
type: aws
httpMethod: POST
uri: arn:aws:apigateway:us-east-1:sqs:path/000000000000/items
credentials: arn:aws:iam::000000000000:role/send
passthroughBehavior: never
requestParameters: {integration.request.header.Content-Type: "'application/x-www-form-urlencoded'"}
requestTemplates: {application/json: Action=SendMessage&MessageBody=$util.urlEncode($input.body)}
responses: {default: {statusCode: "200", responseTemplates: {application/json: "{\"sent\": true}"}}, "400": {statusCode: "400"}}
`},
	{name: "table", both: `
type: aws
httpMethod: POST
uri: arn:aws:apigateway:us-east-1:dynamodb:action/Query
credentials: arn:aws:iam::000000000000:role/query
requestTemplates:
  application/json: "{\"TableName\": \"Items\", \"KeyConditionExpression\": \"id = :v1\", \"ExpressionAttributeValues\": {\":v1\": {\"S\": \"$input.params('id')\"}}}"
passthroughBehavior: when_no_templates
responses:
  default: {statusCode: "200", responseTemplates: {application/json: "#foreach($e in $input.path('$').Items){\"id\": \"$e.id.S\"}#if($foreach.hasNext),#end\n#end"}}
`},
	{name: "bucket", both: `
type: aws
httpMethod: PUT
uri: arn:aws:apigateway:us-east-1:s3:path/bucket/key
credentials: arn:aws:iam::000000000000:role/put
contentHandling: CONVERT_TO_BINARY
passthroughBehavior: when_no_match
responses: {default: {statusCode: "200", contentHandling: CONVERT_TO_BINARY}}
`},
	{name: "VPC link", both: `
type: http_proxy
httpMethod: GET
uri: http://internal.example.com/items
connectionType: VPC_LINK
connectionId: ${stageVariables.link}
cacheNamespace: items
`},
	{name: "stream", both: `
type: http_proxy
httpMethod: GET
uri: https://backend.example.com/stream
responseTransferMode: STREAM
timeoutInMillis: 60
tlsConfig: {insecureSkipVerification: true}
`},
}

// corpusSurroundings are what people publish around their integrations.
var corpusSurroundings = []fragment{
	{name: "nothing"},
	{name: "CORS", openapi: `
paths:
  /items:
    options:
      responses:
        "200":
          description: 200 response
          headers: {Access-Control-Allow-Origin: {schema: {type: string}}, Access-Control-Allow-Methods: {schema: {type: string}}, Access-Control-Allow-Headers: {schema: {type: string}}}
          content: {application/json: {schema: {$ref: "#/components/schemas/Empty"}}}
      x-amazon-apigateway-integration: &cors
        type: mock
        passthroughBehavior: when_no_match
        requestTemplates: {application/json: "{\"statusCode\": 200}"}
        responses:
          default:
            statusCode: "200"
            responseParameters:
              method.response.header.Access-Control-Allow-Methods: "'GET,OPTIONS,POST'"
              method.response.header.Access-Control-Allow-Headers: "'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token'"
              method.response.header.Access-Control-Allow-Origin: "'*'"
components: {schemas: {Empty: {title: Empty Schema, type: object}}}
`, swagger: `
paths:
  /items:
    options:
      consumes: [application/json]
      produces: [application/json]
      responses:
        "200":
          description: 200 response
          schema: {$ref: "#/definitions/Empty"}
          headers: {Access-Control-Allow-Origin: {type: string}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: "{\"statusCode\": 200}"}
        responses: {default: {statusCode: "200", responseParameters: {method.response.header.Access-Control-Allow-Origin: "'*'"}}}
definitions: {Empty: {title: Empty Schema, type: object}}
`},
	{name: "API key", both: `
paths: {/items: {get: {security: [{api_key: []}]}}}
x-amazon-apigateway-api-key-source: AUTHORIZER
`,
		openapi: `components: {securitySchemes: {api_key: {type: apiKey, name: x-api-key, in: header}}}`,
		swagger: `securityDefinitions: {api_key: {type: apiKey, name: x-api-key, in: header}}`},
	{name: "IAM", both: `paths: {/items: {get: {security: [{sigv4: []}]}, post: {x-amazon-apigateway-auth: {type: aws_iam}}}}`,
		openapi: `components: {securitySchemes: {sigv4: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}}}`,
		swagger: `securityDefinitions: {sigv4: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}}`},
	{name: "token authorizer", both: `paths: {/items: {post: {security: [{jwt: []}]}}}`,
		openapi: `components: {securitySchemes: {jwt: ` + tokenScheme + `}}`, swagger: `securityDefinitions: {jwt: ` + tokenScheme + `}`},
	{name: "request authorizer", both: `paths: {/items: {get: {security: [{by-request: []}, {api_key: []}]}}}`,
		openapi: `components: {securitySchemes: {by-request: ` + requestScheme + `, api_key: {type: apiKey, name: x-api-key, in: header}}}`,
		swagger: `securityDefinitions: {by-request: ` + requestScheme + `, api_key: {type: apiKey, name: x-api-key, in: header}}`},
	{name: "user pool", both: `paths: {/items: {get: {security: [{pool: []}]}, post: {security: [{pool: [items/write, items/admin]}]}}}`,
		openapi: `components: {securitySchemes: {pool: ` + poolScheme + `}}`, swagger: `securityDefinitions: {pool: ` + poolScheme + `}`},
	{name: "authorizers that nobody uses", both: `info: {description: three of them}`,
		openapi: `components: {securitySchemes: {one: ` + tokenScheme + `, two: ` + requestScheme + `, three: ` + poolScheme + `}}`,
		swagger: `securityDefinitions: {one: ` + tokenScheme + `, two: ` + requestScheme + `, three: ` + poolScheme + `}`},
	{name: "validators", both: `
paths: {/items: {post: {x-amazon-apigateway-request-validator: all}}}
x-amazon-apigateway-request-validator: Validate query string parameters and headers
x-amazon-apigateway-request-validators:
  all: {validateRequestBody: true, validateRequestParameters: true}
  Validate query string parameters and headers: {validateRequestBody: false, validateRequestParameters: true}
  none: {validateRequestBody: false, validateRequestParameters: false}
`},
	{name: "circular models",
		openapi: `components: {schemas: {Item: {properties: {children: {type: array, items: {$ref: "#/components/schemas/Item"}}, owner: {$ref: "#/components/schemas/Owner"}}},
  Owner: {type: object, properties: {items: {type: array, items: {$ref: "#/components/schemas/Item"}}}}}}`,
		swagger: `definitions: {Item: {properties: {children: {type: array, items: {$ref: "#/definitions/Item"}}, owner: {$ref: "#/definitions/Owner"}}},
  Owner: {type: object, properties: {items: {type: array, items: {$ref: "#/definitions/Item"}}}}}`},
	{name: "composed models", noSwagger: true,
		openapi: `components: {schemas: {Base: {type: object, required: [kind], properties: {kind: {type: string, enum: [a, b]}}},
  Derived: {allOf: [{$ref: "#/components/schemas/Base"}, {type: object, properties: {n: {type: integer, minimum: 0, maximum: 9, exclusiveMaximum: true}}}]},
  Either: {oneOf: [{$ref: "#/components/schemas/Base"}, {$ref: "#/components/schemas/Derived"}]}, Map: {type: object, additionalProperties: {type: array, items: {type: string, format: date-time}, minItems: 1}}}}`,
		swagger: `definitions: {Base: {type: object, required: [kind], properties: {kind: {type: string, enum: [a, b]}}},
  Derived: {allOf: [{$ref: "#/definitions/Base"}, {type: object, properties: {n: {type: integer, minimum: 0, maximum: 9, exclusiveMaximum: true}}}]},
  Map: {type: object, additionalProperties: {type: array, items: {type: string, format: date-time}}}}`},
	{name: "models in operations",
		openapi: `paths: {/items: {get: {responses: {"200": {content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Item"}}}}}}}}}`,
		swagger: `paths: {/items: {get: {responses: {"200": {schema: {type: array, items: {$ref: "#/definitions/Item"}}}}}}}`},
	{name: "gateway responses", both: `
x-amazon-apigateway-gateway-responses:
  DEFAULT_4XX: {responseParameters: {gatewayresponse.header.Access-Control-Allow-Origin: "'*'", gatewayresponse.header.X-Path: method.request.path.id}}
  MISSING_AUTHENTICATION_TOKEN: {statusCode: 404, responseTemplates: {application/json: "{\"message\": \"404 Not found\"}", text/plain: $context.error.message}}
  QUOTA_EXCEEDED: {statusCode: "429"}
`},
	{name: "binary and compression", both: `
x-amazon-apigateway-binary-media-types: [image/jpeg, application/octet-stream, "*/*"]
x-amazon-apigateway-minimum-compression-size: 5242880
`},
	{name: "policy", both: `
x-amazon-apigateway-policy:
  Version: "2012-10-17"
  Statement:
  - {Effect: Allow, Principal: "*", Action: "execute-api:Invoke", Resource: ["execute-api:/*"]}
  - {Effect: Deny, Principal: "*", Action: "execute-api:Invoke", Resource: ["execute-api:/*/POST/*"], Condition: {NotIpAddress: {aws:SourceIp: [192.0.2.0/24, "2001:db8::/32"]}}}
`},
	{name: "endpoint", openapi: `
servers:
- {url: "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/{basePath}", variables: {basePath: {default: /prod}}, x-amazon-apigateway-endpoint-configuration: {disableExecuteApiEndpoint: true}}
`, swagger: `
host: a1b2c3d4e5.execute-api.us-east-1.amazonaws.com
basePath: /prod
schemes: [https]
x-amazon-apigateway-endpoint-configuration: {disableExecuteApiEndpoint: true}
`},
	{name: "documentation", both: `
info: {description: A shop}
x-amazon-apigateway-documentation:
  version: "1.0"
  createdDate: "2016-11-22T22:41:40Z"
  documentationParts:
  - {location: {type: API}, properties: {description: All items, info: {description: A shop, termsOfService: "https://example.com/terms", contact: {email: a@example.com}}, x-team: shop}}
  - {location: {type: METHOD, path: /items, method: POST}, properties: {summary: Adds one, tags: [items], description: "Adds an item.\nOnce."}}
  - {location: {type: PATH_PARAMETER, path: "/items/{id}", name: id}, properties: {description: which}}
  - {location: {type: REQUEST_BODY, path: /items, method: POST}, properties: {description: the item}}
  - {location: {type: RESPONSE, statusCode: "200"}, properties: {description: It went well}}
  - {location: {type: MODEL, name: Item}, properties: {description: Something to sell}}
  - {location: {type: RESOURCE, path: /items}, properties: {x-notes: [1, 2.5, {a: null}]}}
`,
		openapi: `components: {schemas: {Item: {description: Something to sell}}}`,
		swagger: `definitions: {Item: {description: Something to sell}}`},
	{name: "greedy path", openapi: `
paths:
  /{proxy+}:
    x-amazon-apigateway-any-method:
      parameters: [{name: proxy, in: path, required: true, schema: {type: string}}]
      responses: {}
      x-amazon-apigateway-integration: &proxy
        {type: http_proxy, httpMethod: ANY, uri: "https://backend.example.com/{proxy}", requestParameters: {integration.request.path.proxy: method.request.path.proxy}, cacheKeyParameters: [method.request.path.proxy], cacheNamespace: abc123}
`, swagger: `
paths:
  /{proxy+}:
    x-amazon-apigateway-any-method:
      produces: [application/json]
      parameters: [{name: proxy, in: path, required: true, type: string}]
      responses: {}
      x-amazon-apigateway-integration: {type: http_proxy, httpMethod: ANY, uri: "https://backend.example.com/{proxy}", requestParameters: {integration.request.path.proxy: method.request.path.proxy}}
`},
	{name: "resources without methods", both: `paths: {"/a/{b}/c-d/e.f": {}, "/g:h": {}, "/items/{id}/sizes": {}}`},
	{name: "parameters and headers", openapi: `
paths:
  /items:
    get:
      operationId: ListItems
      parameters:
      - {name: page, in: query, schema: {type: string}}
      - {name: size, in: query, required: true, schema: {type: string}}
      - {name: X-Trace, in: header, required: true, schema: {type: string}}
      - {name: If-None-Match, in: header, schema: {type: string}}
      responses: {"304": {description: 304 response, content: {}}, "404": {description: 404 response, headers: {X-Reason: {schema: {type: string}}, Date: {schema: {type: string}}}, content: {}}}
`, swagger: `
paths:
  /items:
    get:
      operationId: ListItems
      parameters:
      - {name: page, in: query, required: false, type: string}
      - {name: X-Trace, in: header, required: true, type: string}
      - {name: If-None-Match, in: header, required: false, type: string}
      responses: {"304": {description: 304 response}, "404": {description: 404 response, headers: {X-Reason: {type: string}, Date: {type: string}}}}
`},
	{name: "other alphabets", both: `info: {title: "Магазин 店 \U0001F6D2", description: "\"ab\" \\ \u2028\u0085 '", version: "1.0-β"}`},
}

const (
	tokenScheme = `{type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: oauth2, x-amazon-apigateway-authorizer:
  {type: token, authorizerUri: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:auth/invocations",
   authorizerCredentials: "arn:aws:iam::000000000000:role/auth", identityValidationExpression: "^Bearer [-0-9a-zA-Z._]*$", authorizerResultTtlInSeconds: 300}}`
	requestScheme = `{type: apiKey, name: Unused, in: header, x-amazon-apigateway-authtype: custom, x-amazon-apigateway-authorizer:
  {type: request, authorizerUri: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:auth/invocations",
   identitySource: "method.request.header.Auth, method.request.querystring.key, stageVariables.name, context.identity.sourceIp", authorizerResultTtlInSeconds: 0}}`
	poolScheme = `{type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: cognito_user_pools, x-amazon-apigateway-authorizer:
  {type: cognito_user_pools, providerARNs: ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abcdefghi", "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_jklmnopqr"]}}`
)
