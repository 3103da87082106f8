package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// fields are a JSON object.
type fields = map[string]any

// securityAPI has, for each upstream, a greedy proxy, a proxy of one segment,
// and mappings that take what a client sends into header, path and query.
func securityAPI(t *testing.T, upstreams map[string]string, raw string) string {
	t.Helper()
	ok := fields{"200": fields{"description": "ok", "headers": fields{"X-Out": fields{"schema": fields{"type": "string"}}}}}
	paths := fields{}
	add := func(path, verb, kind, uri string, parameters fields, more fields) {
		integration := fields{"type": kind, "uri": uri, "httpMethod": "ANY", "requestParameters": parameters}
		for k, v := range more {
			integration[k] = v
		}
		operation := fields{"responses": ok, "x-amazon-apigateway-integration": integration}
		if parameters != nil {
			operation["parameters"] = declared
		}
		paths[path] = fields{verb: operation}
	}
	const any = "x-amazon-apigateway-any-method"
	for name, url := range upstreams {
		proxy := func(path, uri string, parameters fields) {
			add("/"+name+path, any, "http_proxy", url+uri, parameters, nil)
		}
		port := url[strings.LastIndexByte(url, ':'):]
		proxy("/p/{proxy+}", "/up/{proxy}", fields{"integration.request.path.proxy": "method.request.path.proxy"})
		proxy("/one/{x}", "/one/{x}/end", fields{"integration.request.path.x": "method.request.path.x"})
		proxy("/p/admin", "/up/the-guarded-one", nil)
		proxy("/map/header", "/mapped/header", fields{"integration.request.header.X-Out": "method.request.querystring.v"})
		proxy("/map/body", "/mapped/body", fields{"integration.request.header.X-Out": "method.request.body.v"})
		proxy("/map/path", "/mapped/{v}/end", fields{"integration.request.path.v": "method.request.querystring.v"})
		proxy("/map/query", "/mapped/query", fields{"integration.request.querystring.out": "method.request.header.X-In"})
		proxy("/map/host", "/mapped/host", fields{"integration.request.header.Host": "method.request.querystring.v"})
		add("/"+name+"/map/authority", any, "http_proxy", "http://{v}"+port+"/mapped/authority", fields{"integration.request.path.v": "method.request.querystring.v"}, nil)
		for _, hop := range []string{"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade", "Expect", "Proxy-Authorization", "Transfer-Encoding", "Content-Length"} {
			proxy("/hop/"+hop, "/mapped/hop", fields{"integration.request.header." + hop: "method.request.querystring.v"})
		}
		add("/"+name+"/override", any, "http", url+"/mapped/override", nil, fields{
			"requestTemplates": fields{"application/json": `#set($context.requestOverride.header[$input.params('n')] = $input.params('v'))` +
				`#set($context.requestOverride.querystring.q = $input.params('q'))`},
			"responses": fields{"default": fields{"statusCode": "200"}},
		})
		add("/"+name+"/answer", any, "http", url+"/mapped/answer", fields{"integration.request.querystring.h": "method.request.querystring.h"}, fields{
			"responses": fields{"default": fields{"statusCode": "200", "responseParameters": fields{"method.response.header.X-Out": "integration.response.body.h"}}},
		})
	}
	add("/raw/{x}", any, "http_proxy", raw+"/raw/{x}", fields{"integration.request.path.x": "method.request.path.x"},
		fields{"timeoutInMillis": 1000})
	add("/mock/{x}", any, "mock", "", nil, fields{
		"requestTemplates": fields{"application/json": `{"statusCode": 200}`},
		"responses": fields{"default": fields{"statusCode": "200",
			"responseTemplates": fields{"application/json": `#set($context.responseOverride.header[$input.params('n')] = $input.params('v'))$input.params('x')`}}},
	})
	text, err := json.Marshal(fields{"openapi": "3.0.1", "info": fields{"title": "a", "version": "1"}, "paths": paths})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// declared are the parameters that mappings read.
var declared = []fields{
	{"name": "v", "in": "query", "schema": fields{"type": "string"}},
	{"name": "h", "in": "query", "schema": fields{"type": "string"}},
	{"name": "X-In", "in": "header", "schema": fields{"type": "string"}},
	{"name": "proxy", "in": "path", "required": true, "schema": fields{"type": "string"}},
	{"name": "x", "in": "path", "required": true, "schema": fields{"type": "string"}},
}
