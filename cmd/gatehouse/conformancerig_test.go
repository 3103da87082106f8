package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A conformanceRig is a gateway in this process, and the one backend of all
// cases: HTTP endpoint, Lambda and every other service of AWS.
type conformanceRig struct {
	address string
	secure  string         // under TLS
	roots   *x509.CertPool // for it
	backend *scriptedBackend
	log     *lockedLog
	apis    int // deployed so far
}

// A casePlace is where a case was deployed.
type casePlace struct {
	api      string
	resource string // path of its resource, without the stage
	rid      string // id of the resource of its method; "" unless the case speaks of it
	backend  string // host and port
}

func (p *casePlace) fill(text string) string {
	return strings.NewReplacer("{x}", "/dev"+p.resource, "{res}", p.resource, "{api}", p.api, "{backend}", p.backend,
		"{rid}", p.rid, "{API}", strings.ToUpper(p.api),
		"{host}", p.api+".execute-api.localhost").Replace(text)
}

// conformanceVariables are those of every stage.
var conformanceVariables = map[string]string{"env": "test", "function": "f"}

func newConformanceRig(t *testing.T) *conformanceRig {
	t.Helper()
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_SESSION_TOKEN": "TOKEN"} {
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	r := &conformanceRig{backend: newScriptedBackend(t), log: new(lockedLog), roots: selfSigned(t, dir)}
	c := defaults()
	c.Listen, c.GatewayTLSListen, c.InMemory, c.AWSEndpointURL = "127.0.0.1:0", "127.0.0.1:0", true, "http://"+r.backend.address
	c.Certificates = []certificate{{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}}
	s, err := start(context.Background(), c, io.Discard, slog.New(slog.NewTextHandler(r.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	r.address, r.secure = s.ports.main.Addr().String(), s.ports.secure.Addr().String()
	t.Cleanup(func() {
		ended, end := context.WithCancel(context.Background())
		end()
		if err := s.wait(ended); err != nil {
			t.Error(err)
		}
	})
	return r
}

// deploy puts cases into use: those of the same settings in one API, each under
// a resource of its own.
func (r *conformanceRig) deploy(t *testing.T, cases []conformanceCase) {
	t.Helper()
	type definition struct {
		api   string
		paths tree
		top   tree
	}
	definitions := make(map[string]*definition)
	for i := range cases {
		c := &cases[i]
		settings, err := json.Marshal(c.api)
		if err != nil {
			t.Fatal(err)
		}
		d := definitions[string(settings)]
		if d == nil {
			r.apis++
			d = &definition{fmt.Sprintf("conform%d", r.apis), tree{}, c.api}
			definitions[string(settings)] = d
		}
		c.at = casePlace{api: d.api, resource: fmt.Sprintf("/%d", i), backend: r.backend.address}
		c.mount(d.paths)
	}
	for _, d := range definitions {
		text := tree{"openapi": "3.0.1", "info": tree{"title": "conformance", "version": "1"}, "paths": d.paths}
		maps.Copy(text, d.top)
		deployment, _ := json.Marshal(tree{"stageName": "dev", "variables": conformanceVariables})
		r.control(t, "POST", "/restapis", []byte(`{"name": "c", "tags": {"_custom_id_": "`+d.api+`"}}`))
		body, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		r.control(t, "PUT", "/restapis/"+d.api+"?mode=overwrite", body)
		r.control(t, "POST", "/restapis/"+d.api+"/deployments", deployment)
	}
	for i := range cases {
		r.afterDeployment(t, &cases[i])
	}
}

// afterDeployment does what a case wants behind it.
func (r *conformanceRig) afterDeployment(t *testing.T, c *conformanceCase) {
	t.Helper()
	api := "/restapis/" + c.at.api
	if c.throttled {
		path := strings.ReplaceAll(c.at.resource, "/", "~1") + "/GET/throttling/"
		r.control(t, "PATCH", api+"/stages/dev", []byte(`{"patchOperations": [{"op": "replace", "path": "/`+path+`burstLimit", "value": "0"}, {"op": "replace", "path": "/`+path+`rateLimit", "value": "0"}]}`))
	}
	if strings.Contains(c.send, "{rid}") {
		var list struct {
			Items []struct{ ID, Path string } `json:"item"`
		}
		if err := json.Unmarshal([]byte(r.control(t, "GET", api+"/resources?limit=500", nil)), &list); err != nil {
			t.Fatal(err)
		}
		for _, one := range list.Items {
			if one.Path == c.at.resource+c.path {
				c.at.rid = one.ID
			}
		}
	}
	if c.edited != nil {
		body, _ := json.Marshal(c.edited)
		r.control(t, "PUT", api+"/gatewayresponses/DEFAULT_4XX", body)
	}
}

// control calls the control plane.
func (r *conformanceRig) control(t *testing.T, method, path string, body []byte) string {
	t.Helper()
	got := exchange(t, method, "http://"+r.address+path, body)
	if got.status/100 != 2 {
		t.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
	}
	return got.body
}

// mount adds the methods of a case to the paths of a definition.
func (c *conformanceCase) mount(paths tree) {
	methods := make(map[string]tree)
	maps.Copy(methods, c.methods)
	if c.method != nil {
		methods["ANY "+c.path] = c.method
	}
	for key, integration := range methods {
		verb, path, _ := strings.Cut(key, " ")
		operation := operationOf(integration)
		maps.Copy(operation, c.op)
		operation["x-amazon-apigateway-integration"] = integration
		text, _ := json.Marshal(operation)
		var filled tree
		_ = json.Unmarshal([]byte(c.at.fill(string(text))), &filled)
		item, _ := paths[c.at.resource+path].(tree)
		if item == nil {
			item = tree{}
			paths[c.at.resource+path] = item
		}
		if verb = strings.ToLower(verb); verb == "any" {
			verb = "x-amazon-apigateway-any-method"
		}
		item[verb] = filled
	}
}

// operationOf is an operation that declares what its integration's mappings read
// and write.
func operationOf(integration tree) tree {
	var parameters []tree
	known := make(map[string]bool)
	mappings, _ := integration["requestParameters"].(tree)
	for _, source := range mappings {
		place, name, ok := strings.Cut(strings.TrimPrefix(source.(string), "method.request."), ".")
		in := map[string]string{"header": "header", "multivalueheader": "header", "querystring": "query", "multivaluequerystring": "query", "path": "path"}[place]
		if !ok || in == "" || known[in+name] || !strings.HasPrefix(source.(string), "method.request.") {
			continue
		}
		known[in+name] = true
		parameters = append(parameters, tree{"name": name, "in": in, "required": in == "path", "schema": tree{"type": "string"}})
	}
	answers := tree{}
	for _, response := range asTrees(integration["responses"]) {
		headers := tree{}
		mappings, _ := response["responseParameters"].(tree)
		for target := range mappings {
			headers[strings.TrimPrefix(target, "method.response.header.")] = tree{"schema": tree{"type": "string"}}
		}
		answers[response["statusCode"].(string)] = tree{"description": "ok", "headers": headers}
	}
	return tree{"parameters": parameters, "responses": answers}
}

func asTrees(v any) []tree {
	var out []tree
	all, _ := v.(tree)
	for _, one := range all {
		out = append(out, one.(tree))
	}
	return out
}

// exchange sends a request as its bytes on a connection of its own, and returns
// the answer with "\n" for the line ends of its head.
func (r *conformanceRig) exchange(t *testing.T, c *conformanceCase) string {
	t.Helper()
	nc, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(patience))
	send := c.send
	if !strings.Contains(send, "\nHost: ") {
		line, rest, _ := strings.Cut(send, "\n")
		send = line + "\nHost: {host}\n" + rest
	}
	send = c.at.fill(send)
	if _, err := io.WriteString(nc, onWire(send)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(nc)
	got, err := readMessage(in, strings.HasPrefix(send, "HEAD "))
	if err == nil && strings.HasPrefix(got, "HTTP/1.1 100 ") {
		got, err = readMessage(in, false)
	}
	if err != nil {
		t.Fatalf("no answer: %v\n%s", err, got)
	}
	return got
}

// onWire gives the head of a message its line ends, and its body a length where
// it has none.
func onWire(text string) string {
	head, body, _ := strings.Cut(text, "\n\n")
	head = strings.TrimSuffix(head, "\n")
	if lower := strings.ToLower(head); body != "" && !strings.Contains(lower, "\ncontent-length:") && !strings.Contains(lower, "\ntransfer-encoding:") {
		head += "\nContent-Length: " + strconv.Itoa(len(body))
	}
	return strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body
}

// readMessage reads a head and the body that its Content-Length announces.
func readMessage(r *bufio.Reader, bodiless bool) (string, error) {
	var text strings.Builder
	length := 0
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return text.String(), err
		}
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		text.WriteString(line + "\n")
		if line == "" {
			break
		}
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Content-Length") {
			length, _ = strconv.Atoi(strings.TrimSpace(value))
		}
	}
	if bodiless {
		length = 0
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r, body)
	return text.String() + string(body), err
}

// A scriptedBackend answers every request with the text of the case, and keeps
// the requests as they came.
type scriptedBackend struct {
	address string

	mu     sync.Mutex
	answer string
	saw    []string
}

func newScriptedBackend(t *testing.T) *scriptedBackend {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	b := &scriptedBackend{address: l.Addr().String()}
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go b.serve(nc)
		}
	}()
	return b
}

func (b *scriptedBackend) serve(nc net.Conn) {
	defer func() { _ = nc.Close() }()
	r := bufio.NewReader(nc)
	const handshake = 22
	if first, err := r.Peek(1); err != nil || first[0] == handshake {
		return // it knows no TLS
	}
	for {
		text, err := readMessage(r, false)
		if err != nil {
			return
		}
		b.mu.Lock()
		b.saw = append(b.saw, text)
		answer := b.answer
		b.mu.Unlock()
		switch answer {
		case hangsUp:
			return
		case silence:
			_, _ = r.ReadByte() // until the gateway gives up
			return
		}
		if _, err := io.WriteString(nc, onWire(answer)); err != nil {
			return
		}
	}
}

// expect sets the answer to the next requests.
func (b *scriptedBackend) expect(answer string) {
	switch {
	case answer == silence, answer == hangsUp, strings.HasPrefix(answer, "HTTP/1.1 "):
	case answer == "":
		answer = "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{}"
	default:
		answer = "HTTP/1.1 200 OK\nContent-Type: application/json\n\n" + answer
	}
	if head, body, _ := strings.Cut(answer, "\n\n"); body == "" && answer != silence && answer != hangsUp && !strings.Contains(head, "Transfer-Encoding:") {
		answer = strings.TrimSuffix(head, "\n") + "\nContent-Length: 0\n\n"
	}
	b.mu.Lock()
	b.answer, b.saw = answer, nil
	b.mu.Unlock()
}

// take returns what has been seen since expect: one request, or all of them
// under a line that says so.
func (b *scriptedBackend) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.saw) > 1 {
		return fmt.Sprintf("%d requests\n", len(b.saw)) + strings.Join(b.saw, "\n")
	}
	return strings.TrimSuffix(strings.Join(b.saw, ""), "\n\n")
}

// A lockedLog keeps what the server logs.
type lockedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}
