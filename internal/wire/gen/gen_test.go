package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// The committed files are what the facts say.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	files, err := generate("../facts")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator writes: run go generate ./internal/wire", name)
		}
	}
}

// The sets as the service was recorded to print them.
func TestPrintedOrder(t *testing.T) {
	m, err := readModel("../facts")
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]string{
		"IntegrationType":       "HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS",
		"GatewayResponseType":   "REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, UNAUTHORIZED, INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, QUOTA_EXCEEDED, THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN",
		"Op":                    "add, remove, move, test, replace, copy",
		"DocumentationPartType": "RESPONSE_BODY, RESPONSE, METHOD, MODEL, AUTHORIZER, RESPONSE_HEADER, RESOURCE, PATH_PARAMETER, REQUEST_BODY, QUERY_PARAMETER, API, REQUEST_HEADER",
		"IpAddressType":         "ipv4, dualstack",
		"EndpointType":          "PRIVATE, EDGE, REGIONAL",
	}
	for _, e := range m.enums {
		want, ok := recorded[e.name]
		if !ok {
			continue
		}
		delete(recorded, e.name)
		if got := strings.Join(printedOrder(e.values), ", "); got != want {
			t.Errorf("%s prints as\n%s, want\n%s", e.name, got, want)
		}
	}
	if len(recorded) > 0 {
		t.Errorf("not in the facts: %v", recorded)
	}
}

func TestGoName(t *testing.T) {
	names := map[string]string{
		"restApiId":                    "RestAPIID",
		"ApiKeyIds":                    "APIKeyIDs",
		"providerARNs":                 "ProviderARNs",
		"authorizerResultTtlInSeconds": "AuthorizerResultTTLInSeconds",
		"MutualTlsAuthenticationInput": "MutualTLSAuthenticationInput",
		"ipAddressType":                "IPAddressType",
		"uri":                          "URI",
		"httpMethod":                   "HTTPMethod",
		"vpcEndpointIds":               "VPCEndpointIDs",
		"webAclArn":                    "WebACLARN",
		"stageName":                    "StageName",
	}
	for in, want := range names {
		if got := goName(in); got != want {
			t.Errorf("goName(%q) = %q, want %q", in, got, want)
		}
	}
	lower := map[string]string{"APIKey": "apiKey", "TLSConfig": "tlsConfig", "Stage": "stage", "ID": "id"}
	for in, want := range lower {
		if got := lowerFirst(in); got != want {
			t.Errorf("lowerFirst(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParseType(t *testing.T) {
	s := typeExpr{name: "string"}
	list := typeExpr{list: &s}
	tests := map[string]struct {
		in   string
		want typeExpr
		bad  bool
	}{
		"scalar":       {in: "string", want: s},
		"list":         {in: "[string]", want: list},
		"map":          {in: "{string:string}", want: typeExpr{dict: &s}},
		"map of lists": {in: "{string:[string]}", want: typeExpr{dict: &list}},
		"unclosed":     {in: "[string", bad: true},
		"other key":    {in: "{integer:string}", bad: true},
		"empty":        {in: "", bad: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parseType(tt.in)
			if (err != nil) != tt.bad {
				t.Fatalf("parseType(%q) returned the error %v", tt.in, err)
			}
			if !tt.bad && !reflect.DeepEqual(got, tt.want) {
				t.Errorf("parseType(%q) = %+v, want %+v", tt.in, got, tt.want)
			}
		})
	}
}

// Bad facts are refused by file and line, not generated from.
func TestReadModelRefusesBadFacts(t *testing.T) {
	good := map[string]string{
		"enums.tsv":      "enum\tvalues\n",
		"measured.tsv":   "fact\tmember\n",
		"structures.tsv": "h\th\th\th\th\th\th\th\nGetXRequest\tinput\ta\tbody\ta\tstring\tno\t-\n",
		"operations.tsv": "h\th\th\th\th\nGetX\tGET\t/x\t200\t-\n",
	}
	tests := map[string]struct{ file, text string }{
		"column missing":   {"operations.tsv", "h\nGetX\tGET\t/x\n"},
		"no input":         {"operations.tsv", "h\nGetY\tGET\t/y\t200\t-\n"},
		"no output":        {"operations.tsv", "h\nGetX\tGET\t/x\t200\tX\n"},
		"unknown type":     {"structures.tsv", "h\nGetXRequest\tinput\ta\tbody\ta\tstrong\tno\t-\n"},
		"bad type":         {"structures.tsv", "h\nGetXRequest\tinput\ta\tbody\ta\t[string\tno\t-\n"},
		"unknown fact":     {"measured.tsv", "h\nguessed\tx\n"},
		"nothing is wrong": {"enums.tsv", good["enums.tsv"]},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range good {
				if file == tt.file {
					text = tt.text
				}
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			_, err := readModel(dir)
			if wantErr := name != "nothing is wrong"; (err != nil) != wantErr {
				t.Errorf("readModel returned the error %v", err)
			}
		})
	}
}
