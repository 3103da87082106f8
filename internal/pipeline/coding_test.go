package pipeline

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// pack compresses as a client does.
func pack(t testing.TB, coding, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "raw deflate":
		w, _ = flate.NewWriter(&b, 6)
	default:
		return text
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// unpack reads what the gateway compressed.
func unpack(t testing.TB, coding string, b []byte) string {
	t.Helper()
	var r io.Reader = bytes.NewReader(b)
	var err error
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "deflate":
		r, err = zlib.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const (
	unsupported = "415\nx-amzn-ErrorType: BadRequestException\nContent-Type: application/json\n\n" + `{"message": "Unsupported Media Type"}`
	tooLarge    = "413\nx-amzn-ErrorType: RequestTooLargeException\nContent-Type: application/json\n\n" + `{"message":"Request Too Long"}`
)

// TestDecodedBodies sends coded bodies to a method that validates and a
// template that reads them.
func TestDecodedBodies(t *testing.T) {
	const pet = `{"name": "Rex"}`
	gz := pack(t, "gzip", pet)
	tests := map[string]struct {
		coding, body, want string
	}{
		"gzip":                      {"gzip", gz, emptyAnswer + "Rex"},
		"deflate":                   {"Deflate", pack(t, "deflate", pet), emptyAnswer + "Rex"},
		"identity":                  {"identity", pet, emptyAnswer + "Rex"},
		"gzip in members":           {"gzip", pack(t, "gzip", pet[:5]) + pack(t, "gzip", pet[5:]), emptyAnswer + "Rex"},
		"validated when decoded":    {"gzip", pack(t, "gzip", `{"name": 1}`), badRequestText("Invalid request body")},
		"not gzip":                  {"gzip", pet, unsupported},
		"gzip cut short":            {"gzip", gz[:len(gz)-9], unsupported},
		"gzip with a wrong sum":     {"gzip", gz[:len(gz)-8] + "xxxxxxxx", unsupported},
		"gzip and something behind": {"gzip", gz + "more", unsupported},
		"deflate without its head":  {"deflate", pack(t, "raw deflate", pet), unsupported},
		"gzip is not deflate":       {"deflate", gz, unsupported},
		"br":                        {"br", "x", unsupported},
		"two codings":               {"gzip, gzip", pack(t, "gzip", gz), unsupported},
		"the largest":               {"gzip", pack(t, "gzip", pet+strings.Repeat(" ", httpmsg.MaxBody-len(pet))), emptyAnswer + "Rex"},
		"one byte too many":         {"gzip", pack(t, "gzip", pet+strings.Repeat(" ", httpmsg.MaxBody-len(pet)+1)), tooLarge},
		"a bomb":                    {"deflate", pack(t, "deflate", strings.Repeat("\x00", 16<<20)), tooLarge},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRigOf(t, validated(func(_ *snapshot.Deployment, m *snapshot.Method) {
				m.RequestModels = models1("Pet")
				ask(`#set($context.requestOverride.header.n = $input.path('$.name')){"statusCode": 200}`)(m)
				respond(`$context.requestOverride.header.n`)(m)
			}))
			req := parseRequest("POST /x/7\nContent-Encoding: " + tt.coding)
			req.Body = []byte(tt.body)
			resp := r.stage.Serve(req)
			if got := show(resp); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
			release(t, r, resp)
		})
	}
}

func TestEmptyCodedBody(t *testing.T) {
	newRig(t, mock(nil)).want(t, "GET /x\nContent-Encoding: deflate", emptyAnswer) // recorded
}

func TestSeveralContentEncodings(t *testing.T) {
	req := parseRequest("POST /x\nContent-Encoding: gzip\nContent-Encoding: gzip")
	req.Body = []byte(pack(t, "gzip", plain))
	if resp := newRig(t, mock(nil)).stage.Serve(req); show(resp) != unsupported {
		t.Errorf("got %s", show(resp))
	}
}

// TestDecodedBodyOfProxy holds that a decoded body goes on without its
// Content-Encoding (recorded), and one that stays as it is with it.
func TestDecodedBodyOfProxy(t *testing.T) {
	gz := pack(t, "gzip", plain)
	tests := map[string]struct {
		least        *int32
		body, coding string
	}{
		"compression off":   {nil, plain, ""},
		"as long as least":  {new(int32(len(gz))), plain, ""},
		"shorter than that": {new(int32(len(gz) + 1)), gz, "gzip"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := newMirror(t, "text/plain", "")
			d := binaryAPI(e.url, nil, func(m *snapshot.Method) { m.Integration.Type = "HTTP_PROXY" })
			d.MinimumCompressionSize = tt.least
			r := newRigOf(t, d)
			req := post("text/plain", "", gz)
			req.Header.Add("Content-Encoding", "gzip")
			resp := r.stage.Serve(req)
			if string(e.body) != tt.body || e.header.Get("Content-Encoding") != tt.coding {
				t.Errorf("the backend got %q as %q", e.body, e.header.Get("Content-Encoding"))
			}
			release(t, r, resp)
		})
	}
}

// compressing is an API with MOCK answers that are compressed from a size on.
func compressing(least int32, edit func(*snapshot.Method)) *snapshot.Deployment {
	return &snapshot.Deployment{APIID: "abc", MinimumCompressionSize: &least, Resources: []snapshot.Resource{mock(edit)}}
}

func TestCompression(t *testing.T) {
	text := strings.Repeat("compress me, ", 100)
	coded := func(m *snapshot.Method) {
		respond(text)(m)
		m.Integration.Responses[0].Parameters = map[string]string{"method.response.header.content-encoding": "'x'"}
	}
	status := func(code string) func(*snapshot.Method) {
		return func(m *snapshot.Method) {
			respond(text)(m)
			m.Integration.Responses[0].StatusCode, m.Responses = code, map[string]snapshot.MethodResponse{code: {}}
		}
	}
	size := int32(len(text))
	tests := map[string]struct {
		least   int32
		edit    func(*snapshot.Method)
		request string
		coding  string
		status  int
	}{
		"gzip":                          {0, respond(text), "GET /x\nAccept-Encoding: gzip", "gzip", 200},
		"deflate":                       {0, respond(text), "GET /x\nAccept-Encoding: deflate", "deflate", 200},
		"HEAD has the headers of GET":   {0, respond(text), "HEAD /x\nAccept-Encoding: gzip", "gzip", 200},
		"as long as the least":          {size, respond(text), "GET /x\nAccept-Encoding: gzip", "gzip", 200},
		"shorter":                       {size + 1, respond(text), "GET /x\nAccept-Encoding: gzip", "", 200},
		"not asked for":                 {0, respond(text), "GET /x", "", 200},
		"another coding first":          {0, respond(text), "GET /x\nAccept-Encoding: br, gzip", "", 200},
		"empty":                         {0, nil, "GET /x\nAccept-Encoding: gzip", "", 200},
		"coded already":                 {0, coded, "GET /x\nAccept-Encoding: gzip", "x", 200},
		"204 has no body":               {0, status("204"), "GET /x\nAccept-Encoding: gzip", "", 204},
		"304 has no body":               {0, status("304"), "GET /x\nAccept-Encoding: gzip", "", 304},
		"errors of methods as any":      {0, status("404"), "GET /x\nAccept-Encoding: gzip", "gzip", 404},
		"errors of the gateway are not": {0, ask("#if("), "GET /x\nAccept-Encoding: gzip", "", 500},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRigOf(t, compressing(tt.least, tt.edit))
			for range 3 { // writers are used again
				resp := r.call(tt.request)
				if got := resp.Header.Get("Content-Encoding"); got != tt.coding || resp.Status != tt.status || resp.Header.Has("Vary") {
					t.Fatalf("status %d, Content-Encoding %q, want %d and %q", resp.Status, got, tt.status, tt.coding)
				}
				if got := unpack(t, resp.Header.Get("Content-Encoding"), resp.Body); tt.status != 500 && tt.edit != nil && got != text {
					t.Fatalf("body is %q", got)
				}
				release(t, r, resp)
			}
		})
	}
}

// TestCompressionOfProxy holds that a backend's answer is compressed, and left
// alone when the backend did so.
func TestCompressionOfProxy(t *testing.T) {
	e := newMirror(t, "text/plain", strings.Repeat(plain, 50))
	d := binaryAPI(e.url, nil, func(m *snapshot.Method) { m.Integration.Type = "HTTP_PROXY" })
	d.MinimumCompressionSize = new(int32(0))
	r := newRigOf(t, d)
	req := post("", "", "")
	req.Header.Add("Accept-Encoding", "gzip")
	resp := r.stage.Serve(req)
	if unpack(t, "gzip", resp.Body) != strings.Repeat(plain, 50) || resp.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("got %s", show(resp))
	}
	release(t, r, resp)
	coded := canned(t, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde")
	d.Resources[0].Methods[0].Integration.URI = coded
	r = newRigOf(t, d)
	resp = r.stage.Serve(req)
	if string(resp.Body) != "abcde" || len(resp.Header.Values("Content-Encoding")) != 1 {
		t.Errorf("got %s", show(resp))
	}
	release(t, r, resp)
}

// TestCompressionWithoutMemory sends the answer as it is.
func TestCompressionWithoutMemory(t *testing.T) {
	var b strings.Builder // hardly compressible
	for r := rand.New(rand.NewPCG(1, 2)); b.Len() < 16<<10; {
		b.WriteByte("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[r.IntN(62)])
	}
	text := b.String()
	r := newRigOf(t, compressing(0, respond(text)))
	for _, limit := range []int64{1, 20 << 10} { // for no buffer, for one too small
		r.stage.answers = httpmsg.NewBudget(limit)
		resp := r.call("GET /x\nAccept-Encoding: gzip")
		if string(resp.Body) != text || resp.Header.Has("Content-Encoding") {
			t.Errorf("got %d bytes as %q", len(resp.Body), resp.Header.Get("Content-Encoding"))
		}
		release(t, r, resp)
	}
}

func TestCompressionConcurrently(t *testing.T) {
	r := newRigOf(t, compressing(0, respond(`$input.params('q')`)))
	var wg sync.WaitGroup
	for _, coding := range []string{"gzip", "deflate", "gzip", "deflate"} {
		wg.Go(func() {
			for i := range 100 {
				want := strings.Repeat("ab", i+1)
				resp := r.call("GET /x?q=" + want + "\nAccept-Encoding: " + coding)
				if got := unpack(t, coding, resp.Body); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				resp.Release()
			}
		})
	}
	wg.Wait()
	if used := r.stage.requests.Used() + r.stage.answers.Used(); used != 0 {
		t.Errorf("%d bytes are still lent", used)
	}
}

// FuzzCoding sends any body under any Content-Encoding and Accept-Encoding: an
// answer says what it is.
func FuzzCoding(f *testing.F) {
	f.Add("gzip", "gzip;q=0.5, deflate", []byte(pack(f, "gzip", plain)))
	f.Add("deflate", "deflate", []byte(pack(f, "deflate", plain)))
	f.Add("br", "*;q=0,;,=", []byte("x"))
	f.Add("", ";q=1;q=0.0000, gzip;q=0.", []byte(""))
	r := newRigOf(f, compressing(0, func(m *snapshot.Method) {
		ask(`#set($context.requestOverride.header.n = $input.body){"statusCode": 200}`)(m)
		respond(`$context.requestOverride.header.n`)(m)
	}))
	f.Fuzz(func(t *testing.T, coding, accept string, body []byte) {
		req := parseRequest("POST /x")
		req.Header.Add("Content-Encoding", coding)
		req.Header.Add("Accept-Encoding", accept)
		req.Body = body
		resp := r.stage.Serve(req)
		switch resp.Status {
		case 200:
			unpack(t, resp.Header.Get("Content-Encoding"), resp.Body)
		case 413, 415:
		default:
			t.Errorf("status %d", resp.Status)
		}
		release(t, r, resp)
	})
}

func BenchmarkCompression(b *testing.B) {
	text := strings.Repeat(`{"id": 1234, "name": "an item of a list", "price": 19.95}, `, 20)
	for _, bench := range []struct {
		name   string
		least  *int32
		accept string
	}{
		{"off", nil, "gzip"},
		{"not asked for", new(int32(0)), "br, gzip"},
		{"gzip 1 KB", new(int32(0)), "gzip"},
		{"deflate 1 KB", new(int32(0)), "deflate"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			d := compressing(0, respond(text))
			d.MinimumCompressionSize = bench.least
			r := newRigOf(b, d)
			req := parseRequest("GET /x\nAccept: application/json\nUser-Agent: bench\nAccept-Encoding: " + bench.accept)
			b.ReportAllocs()
			for b.Loop() {
				resp := r.stage.Serve(req)
				if resp.Status != 200 {
					b.Fatal(show(resp))
				}
				resp.Release()
			}
		})
	}
}

func BenchmarkDecodeBody(b *testing.B) {
	for _, coding := range []string{"identity", "gzip", "deflate"} {
		b.Run(coding, func(b *testing.B) {
			r := newRig(b, mock(nil))
			req := parseRequest("POST /x\nContent-Encoding: " + coding)
			req.Body = []byte(pack(b, coding, strings.Repeat(plain, 100)))
			b.ReportAllocs()
			for b.Loop() {
				resp := r.stage.Serve(req)
				if resp.Status != 200 {
					b.Fatal(show(resp))
				}
				resp.Release()
			}
		})
	}
}

// TestFunctionsAndContent holds what functions see of coded bodies, that their
// base64 becomes bytes, and that their answers are compressed.
func TestFunctionsAndContent(t *testing.T) {
	c := answering(t, `{"body": "`+strings.Repeat(plain, 20)+`"}`)
	r := newAWSRigOf(t, integration.AWSOptions{EndpointURL: c.url}, &snapshot.Deployment{
		Resources: []snapshot.Resource{function("/x")}, MinimumCompressionSize: new(int32(0)), BinaryMediaTypes: []string{"image/png"},
	})
	req := parseRequest("POST /x\nContent-Encoding: gzip\nAccept-Encoding: gzip")
	req.Body = []byte(pack(t, "gzip", plain))
	resp := r.stage.Serve(req)
	if got := c.last(t).Body; !strings.Contains(got, `"body":"`+plain+`","isBase64Encoded":false`) {
		t.Errorf("the event is %s", got)
	}
	if unpack(t, resp.Header.Get("Content-Encoding"), resp.Body) != strings.Repeat(plain, 20) {
		t.Errorf("the answer is %s", show(resp))
	}
	release(t, r, resp)

	c = answering(t, `"`+encoded+`"`)
	r = newAWSRig(t, c, awsMethod("/x", "POST", "AWS", lambdaURI(testFunction), func(m *snapshot.Method) {
		m.Integration.Responses[0].ContentHandling = content.ToBinary
	}))
	if resp = r.call("POST /x"); string(resp.Body) != blob {
		t.Errorf("got %s", show(resp))
	}
	release(t, r, resp)
}
