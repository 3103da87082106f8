//go:build !race

package lineartest_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/accesslog"
	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/lambdaproxy"
	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
	"github.com/gatehouse-gw/gatehouse/internal/logpattern"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
	"github.com/gatehouse-gw/gatehouse/internal/target"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A reader reads a text that a caller, a client or a backend sends.
type reader struct {
	size   int // of the smallest document
	most   int // of the largest; 0 for four times that
	read   func(text string)
	shapes map[string]func(size int) string
}

// logPatterns are filter patterns of each kind.
var logPatterns = func() (list []*logpattern.Pattern) {
	for _, text := range []string{`ab -"x y" c`, `%a{2,5}b*[^c]+$%`, `{ $.a.b = "*a*b*" || $.* = %a+b% }`, `[a="*a*b*", ..., c > 1]`} {
		p, err := logpattern.Parse(text)
		if err != nil {
			panic(err)
		}
		list = append(list, p)
	}
	return list
}()

// readers are those of single texts.
func readers() map[string]reader {
	verifier := sigv4.NewVerifier(sigv4.Options{
		Service: "execute-api",
		Lookup: func(string, string) (sigv4.Credential, bool) {
			return sigv4.Credential{SecretAccessKey: "secret"}, true
		},
		Now: func() time.Time { return time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC) },
	})
	const signature = "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=" +
		"0000000000000000000000000000000000000000000000000000000000000000"
	verify := func(r sigv4.Request, lines ...[2]string) {
		r.Method, r.Host = "GET", "a"
		r.Header = headerLines(append(lines, [2]string{"X-Amz-Date", "20150830T123600Z"}))
		_, _ = verifier.Verify(&r)
	}
	queries := repeats("a=1&", "&", "=", "a", "%41=%41&", "%zz&", "+", "a=b=c&", ";", "[]=1&")
	queries["many names"] = func(n int) string { return many(n, "&", func(i int) string { return fmt.Sprintf("a%d=1", i) }) }
	queries["names backwards"] = func(n int) string { return many(n, "&", func(i int) string { return fmt.Sprintf("a%d=1", 1<<20-i) }) }
	lists := repeats("a,", ",", ";q=1,", "a;q=0.5,", " ", "\t", "\"", "gzip, ", "*/*,", "a/b;", "a/b;c=\"d\",")
	uris := repeats("a", "/", "{a}", "{", "}", "${stageVariables.a}", "${", "%41", "?a=b&", "#", "@", ":", "[", "é", "..", "//")
	return map[string]reader{
		"event stream": {16 << 10, 0, func(s string) { _, _ = io.Copy(io.Discard, lambdaproxy.NewInvocation(strings.NewReader(s))) },
			repeats("\x00", "\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff")},
		"streamed metadata": {4 << 10, 0, func(s string) {
			var o lambdaproxy.Output
			text := []byte(`{"headers": {` + s)
			for seen := range text { // as it comes byte by byte
				if metadata, _, ok := lambdaproxy.CutMetadata(text[:seen+1], seen); ok {
					_ = o.ReadMetadata(metadata)
				}
			}
			_ = o.ReadMetadata(text)
		}, repeats(`"a": "b", `, "\x00", "{", `"a": {`, `"cookies": ["a"], `)},
		"integration URI": {16 << 10, 0, func(s string) {
			u := target.ParseURI("http://a/" + s)
			_ = u.WithStage(map[string]string{"a": "b"}).String()
		}, uris},
		"URL": {16 << 10, 0, func(s string) {
			_, _, _ = integration.ParseURL("http://"+s, nil)
			_, _, _ = integration.ParseURL("http://a/"+s, nil)
		}, uris},
		"service URI": {16 << 10, 0, func(s string) {
			_, _ = integration.ParseServiceURI("arn:aws:apigateway:us-east-1:lambda:path/" + s)
			_, _ = integration.ParseServiceURI("arn:aws:apigateway:us-east-1:s3:action/" + s)
		}, with(repeats(":", "a:", "functions/", "invocations", "&A=b"), uris)},
		"mapping expression": {8 << 10, 0, func(s string) {
			for where := mapping.IntegrationRequest; where <= mapping.GatewayResponse; where++ {
				for _, start := range []string{"", "'", "method.request.body.", "integration.response.body.", "context."} {
					if e, err := mapping.ParseExpression(start+s, where); err == nil {
						_, _, _ = e.Eval(&mapping.Scope{RawQuery: s, RequestBody: []byte(`{"a":[1]}`), ResponseBody: []byte(s)})
					}
				}
			}
		}, with(repeats("a.", ".", "[0]", "'", "a[?(@.a)]"), map[string]func(int) string{})},
		"mapping target": {8 << 10, 0, func(s string) { _, _ = mapping.ParseTarget("integration.request.header."+s, "integration.request") }, repeats("a", ".", "é")},
		"parameters": {16 << 10, 0, func(s string) {
			for _, text := range []string{"method.request.querystring.a", "method.request.multivaluequerystring.a", "method.request.body.a[*].b"} {
				if e, err := mapping.ParseExpression(text, mapping.IntegrationRequest); err == nil {
					_, _, _ = e.Eval(&mapping.Scope{RawQuery: s, RequestBody: []byte(s)})
				}
			}
		}, with(queries, nil)},
		"gateway response template": {16 << 10, 0, func(s string) { _ = mapping.ParseGatewayTemplate(s) }, repeats("$", "${", "$context.error.message", "${context.a}", "$stageVariables.a.", "a", "\\", "é")},
		"access log format":         {16 << 10, 0, func(s string) { _ = accesslog.New(s, nil) }, repeats("$", "${", "$context.requestId", "$context.a", "$context.authorizer.claims.a", "a", "\n")},
		"log event": {16 << 10, 0, func(s string) {
			for _, p := range logPatterns {
				_ = p.Match(s)
			}
		}, repeats("a", "ab ", "[", "\"", "{", "x y", "{\"a\":", "[[", "%", "a*b")},
		"answer of a function": {64 << 10, 6 << 20, func(s string) {
			var a lambdaproxy.Output
			if a.Read([]byte(s)) == nil {
				_ = a.AppendHeader(nil)
				_ = a.Decode()
			}
			_ = lambdaproxy.ErrorMessage([]byte(s))
		}, with(map[string]func(int) string{
			"headers": func(n int) string {
				return `{"statusCode":200,"headers":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"a%d":"b"`, i) }) + `}}`
			},
			"one header": func(n int) string {
				return `{"statusCode":200,"headers":{` + many(n, ",", func(i int) string { return `"a":"b"` }) + `}}`
			},
			"headers twice": func(n int) string {
				return `{"statusCode":200,"headers":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"a%d":"b"`, i) }) + `},"multiValueHeaders":{` +
					many(n/2, ",", func(i int) string { return fmt.Sprintf(`"A%d":["b"]`, i) }) + `}}`
			},
			"values": func(n int) string {
				return `{"statusCode":200,"multiValueHeaders":{"a":[` + many(n, ",", func(i int) string { return `"b"` }) + `]}}`
			},
			"members twice": func(n int) string { return `{` + many(n, ",", func(i int) string { return `"statusCode":200` }) + `}` },
			"base64": func(n int) string {
				return `{"statusCode":200,"isBase64Encoded":true,"body":"` + repeated("YWFh", n) + `"}`
			},
			"escaped body": func(n int) string { return `{"statusCode":200,"body":"` + repeated(`\u0061`, n) + `"}` },
		}, documents)},
		"base64": {64 << 10, httpmsg.MaxBody, func(s string) {
			budget := httpmsg.NewBudget(100 << 20)
			for _, convert := range []func(*httpmsg.Budget, []byte) (*httpmsg.Buffer, error){content.Decode, content.Encode, content.Text} {
				if b, err := convert(budget, []byte(s)); err == nil {
					b.Free()
				}
			}
		}, repeats("YWFh", "=", "\n", "\xff", "a", "-", " ")},
		"inflated body": {64 << 10, httpmsg.MaxBody, func(s string) {
			var p content.Inflaters
			for _, coding := range []string{"gzip", "deflate"} {
				if b, err := p.Inflate(httpmsg.NewBudget(100<<20), coding, []byte(s)); err == nil {
					b.Free()
				}
			}
		}, with(repeats("a", "\x00", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"), map[string]func(int) string{
			"gzip": func(n int) string { return zipped(n) },
		})},
		"header of codings": {4 << 10, 0, func(s string) {
			headers := httpmsg.Header{{Name: "Accept-Encoding", Value: s}, {Name: "Content-Encoding", Value: s}}
			_, _ = content.Coding(headers), content.PreferredCoding(headers)
		}, lists},
		"header of media types": {4 << 10, 0, func(s string) { _, _ = content.MediaType(s), content.FirstMediaType(s) }, lists},
		"signed query":          {10 << 10, 0, func(s string) { verify(sigv4.Request{Path: "/", Query: s}, [2]string{"Authorization", signature}) }, queries},
		"signed path":           {10 << 10, 0, func(s string) { verify(sigv4.Request{Path: "/" + s}, [2]string{"Authorization", signature}) }, repeats("a", "/", "../", "./", "%2f", "%", "a/../", "é")},
		"signature":             {10 << 10, 0, func(s string) { verify(sigv4.Request{Path: "/"}, [2]string{"Authorization", "AWS4-HMAC-SHA256 " + s}) }, repeats("a=b,", ",", "Credential=", "SignedHeaders=a;", ";", "=", " ", "a/")},
		"signed headers": {10 << 10, 0, func(s string) {
			names := strings.Split(s, ",")
			var lines [][2]string
			for _, name := range names {
				lines = append(lines, [2]string{name, " a  b "})
			}
			signed := strings.Replace(signature, "host;x-amz-date", "host;"+strings.Join(names, ";")+";x-amz-date", 1)
			verify(sigv4.Request{Path: "/"}, append(lines, [2]string{"Authorization", signed})...)
		}, map[string]func(int) string{
			"many": func(n int) string { return many(n, ",", func(i int) string { return fmt.Sprintf("a%06d", i) }) },
			"one":  func(n int) string { return many(n, ",", func(i int) string { return "a" }) },
		}},
	}
}

func headerLines(lines [][2]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, l := range lines {
			if !yield(l[0], l[1]) {
				return
			}
		}
	}
}

// zipped is n bytes of which gzip makes a hundredth.
func zipped(n int) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(bytes.Repeat([]byte("a"), n))
	_ = w.Close()
	return b.String()
}

// TestTexts reads each text of strangers.
func TestLinearTexts(t *testing.T) {
	for kind, r := range readers() {
		for name, shape := range r.shapes {
			t.Run(kind+"/"+name, func(t *testing.T) { lineartest.CheckTo(t, r.size, max(r.most, 4*r.size), shape, r.read) })
		}
	}
}

// TestPatches changes a stage and an API with many operations, each on what the
// last left.
func TestLinearPatches(t *testing.T) {
	p := newPlane(t)
	def, err := openapi.Parse([]byte(swagger(`"paths":{"/a":{"get":{"x-amazon-apigateway-integration":{"type":"mock"}}}}`)), openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.PutDefinition(t.Context(), p.who, p.api, def, false, false); err != nil {
		t.Fatal(err)
	}
	if _, err := p.CreateDeployment(t.Context(), p.who, &wire.CreateDeploymentRequest{RestAPIID: p.api, StageName: new("s")}); err != nil {
		t.Fatal(err)
	}
	operations := func(text string) (out []wire.PatchOperation) {
		for line := range strings.Lines(text) {
			op, path, _ := strings.Cut(strings.TrimSpace(line), " ")
			out = append(out, wire.PatchOperation{Op: &op, Path: &path, Value: new("1")})
		}
		return out
	}
	line := func(format string) func(int) string {
		return func(n int) string {
			return many(n, "\n", func(i int) string { return strings.ReplaceAll(format, "#", fmt.Sprint(i)) })
		}
	}
	for name, shape := range map[string]func(int) string{
		"variables":       line("replace /variables/a#"),
		"one variable":    line("replace /variables/a"),
		"settings":        line("replace /a#/GET/throttling/rateLimit"),
		"no path":         line("replace /x#"),
		"a long path":     func(n int) string { return "replace /variables/" + repeated("a~1", n) },
		"many parts":      func(n int) string { return "replace " + repeated("/a", n) },
		"descriptions":    line("replace /description"),
		"media types":     line("add /binaryMediaTypes/a~1#"),
		"one media type":  line("add /binaryMediaTypes/a~1b"),
		"types taken off": line("remove /binaryMediaTypes/a~1#"),
	} {
		t.Run(name, func(t *testing.T) {
			lineartest.Check(t, 8<<10, shape, func(text string) {
				ops := operations(text)
				_, _ = p.UpdateStage(t.Context(), p.who, &wire.UpdateStageRequest{RestAPIID: p.api, StageName: "s", PatchOperations: ops})
				_, _ = p.UpdateRestAPI(t.Context(), p.who, &wire.UpdateRestAPIRequest{RestAPIID: p.api, PatchOperations: ops})
			})
		})
	}
}
