package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A recorder is an upstream that remembers what it was asked.
type recorder struct {
	url string

	mu   sync.Mutex
	seen []string
}

// newRecorder starts an upstream on net/http.
func newRecorder(t *testing.T) *recorder {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{url: "http://" + ln.Addr().String()}
	server := &http.Server{Handler: r, MaxHeaderBytes: 1 << 20}
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	return r
}

// beside reports whether a header says nothing of how a request was understood:
// it is the gateway's own, or one that nginx sets on its way to the recorder.
func beside(name string, values []string) bool {
	switch name {
	case "X-Nginx-Uri", "User-Agent", "Content-Length", "Accept":
		return true
	case "X-Amzn-Trace-Id":
		return len(values) == 1 && strings.HasPrefix(values[0], "Root=1-")
	case "X-Amzn-Apigateway-Api-Id":
		return len(values) == 1 && values[0] == "sec"
	}
	return false
}

// ServeHTTP notes the request. A query parameter h comes back as JSON.
func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", req.Method, req.RequestURI)
	if uri := req.Header.Get("X-Nginx-Uri"); uri != "" && !under(uri) {
		fmt.Fprintf(&b, " (which nginx reads as %s)", uri)
	}
	if err != nil {
		fmt.Fprintf(&b, " (body: %v)", err)
	}
	if req.Host != strings.TrimPrefix(r.url, "http://") && !strings.HasPrefix(req.Host, "127.0.0.1:") {
		fmt.Fprintf(&b, " Host=%s", req.Host)
	}
	names := make([]string, 0, len(req.Header))
	for name, values := range req.Header {
		if !beside(name, values) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, " %s=%s", name, strings.Join(req.Header[name], "|"))
	}
	if len(req.TransferEncoding) > 0 || req.ContentLength != int64(len(body)) {
		fmt.Fprintf(&b, " (%v, length %d)", req.TransferEncoding, req.ContentLength)
	}
	if len(body) > 0 {
		fmt.Fprintf(&b, " [%s]", body)
	}
	r.mu.Lock()
	r.seen = append(r.seen, b.String())
	r.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"h": %q}`, req.URL.Query().Get("h"))
}

// under reports whether nginx, too, reads the path as one below what the
// integration's URI names.
func under(uri string) bool {
	return slices.ContainsFunc([]string{"/up/", "/one/", "/mapped/", "/probe"}, func(prefix string) bool { return strings.HasPrefix(uri, prefix) })
}

// take returns what has been seen since the last call.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	r.seen = nil
	return seen
}

// nginxConfig passes everything on to a recorder as nginx understood it.
const nginxConfig = `
daemon off; master_process off; worker_processes 1; pid DIR/pid; error_log DIR/error.log warn;
events { worker_connections 256; }
http {
	access_log off; client_body_temp_path DIR; proxy_temp_path DIR; fastcgi_temp_path DIR; uwsgi_temp_path DIR; scgi_temp_path DIR;
	map $uri $read { "~^(?<text>[^\x00-\x1f\x7f]*)$" $text; default "what holds controls"; }
	underscores_in_headers on; large_client_header_buffers 4 64k; client_max_body_size 20m; keepalive_timeout 60s;
	upstream recorder { server RECORDER; keepalive 16; }
	server {
		listen LISTEN;
		location / {
			proxy_pass http://recorder; proxy_http_version 1.1;
			proxy_set_header Connection ""; proxy_set_header Upgrade $http_upgrade; proxy_set_header Host $http_host; proxy_set_header X-Nginx-Uri $read;
		}
	}
}
`

// newNginx starts nginx in front of a recorder. Without nginx it returns nil, and
// fails where CI is set.
func newNginx(t *testing.T) *recorder {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/nginx") // where Debian has it, and few users' PATH
	}
	if err != nil {
		message := "NO NGINX: the corpus runs against Go's upstream alone. scripts/prepare.sh installs nginx-light."
		if os.Getenv("CI") != "" {
			t.Fatal(message)
		}
		t.Log(message)
		return nil
	}
	behind, dir, address := newRecorder(t), t.TempDir(), unused(t)
	config := strings.NewReplacer("DIR", dir, "LISTEN", address, "RECORDER", strings.TrimPrefix(behind.url, "http://")).Replace(nginxConfig)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-p", dir, "-c", file, "-e", filepath.Join(dir, "error.log"))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if nc, err := net.Dial("tcp", address); err == nil {
			_ = nc.Close()
			break
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Fatalf("nginx does not answer: %s", text)
		}
	}
	behind.url = "http://" + address
	return behind
}

// A door is one way in to the gateway.
type door struct {
	name    string
	address string
	tls     *tls.Config // nil for plain HTTP
}

func (d *door) dial(t *testing.T) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", d.address)
	if err != nil {
		t.Fatal(err)
	}
	_ = nc.SetDeadline(time.Now().Add(patience))
	if d.tls != nil {
		nc = tls.Client(nc, d.tls)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

// openDoors starts a gateway that serves apis under their ids, and returns its
// plain door and the one under TLS.
func openDoors(t *testing.T, apis map[string]string) (p *process, plain, secure *door) {
	t.Helper()
	return openDoorsWith(t, "", apis)
}

// openDoorsWith is openDoors with more of a configuration.
func openDoorsWith(t *testing.T, more string, apis map[string]string) (p *process, plain, secure *door) {
	t.Helper()
	dir := t.TempDir()
	pool := selfSigned(t, dir)
	p, _, url := launchWith(t, dir, "gateway-tls-listen: 127.0.0.1:0\nin-memory: true\ncertificates:\n  - {cert: cert.pem, key: key.pem}\n"+more)
	for id, definition := range apis {
		deployAPI(t, url, id, definition)
	}
	tlsAddress := tlsLine.FindStringSubmatch(p.printed())
	return p, &door{name: "plain", address: strings.TrimPrefix(url, "http://")},
		&door{name: "TLS", address: tlsAddress[1], tls: &tls.Config{RootCAs: pool, ServerName: "localhost", NextProtos: []string{"http/1.1"}}}
}

var tlsLine = regexp.MustCompile(`(?m)^Stages, TLS +https://([^/]+)/`)

// deployAPI imports a definition as the API of that id and deploys it to prod.
func deployAPI(t *testing.T, url, id, definition string) {
	t.Helper()
	for _, step := range [][3]string{
		{"POST", "/restapis", `{"name": "a", "tags": {"_custom_id_": "` + id + `"}}`},
		{"PUT", "/restapis/" + id + "?mode=overwrite", definition},
		{"POST", "/restapis/" + id + "/deployments", `{"stageName": "prod"}`},
	} {
		if got := exchange(t, step[0], url+step[1], []byte(step[2])); got.status/100 != 2 {
			t.Fatal(step[1], got)
		}
	}
}

// answers reads n answers to a case, or fewer when the connection ends. What they are goes into one text:
// statuses, and "closed" when the connection ended behind them. That errors have
// AWS's form is checked.
func answers(r *bufio.Reader, n int) string {
	var out []string
	for range n {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return strings.Join(append(out, "closed"), " ")
		}
		text, err := io.ReadAll(resp.Body)
		status := fmt.Sprint(resp.StatusCode)
		if err != nil {
			status += " cut"
		}
		if resp.StatusCode >= 400 && (len(resp.Header.Get("x-amzn-RequestId")) != 36 || resp.Header.Get("x-amzn-ErrorType") == "" || !strings.HasPrefix(string(text), `{"`)) {
			status += fmt.Sprintf(" not of AWS's form: %q", text)
		}
		out = append(out, status)
		if resp.Close {
			_, err := r.ReadByte()
			if err == nil {
				return strings.Join(append(out, "then more"), " ")
			}
			return strings.Join(append(out, "closed"), " ")
		}
	}
	return strings.Join(out, " ")
}
