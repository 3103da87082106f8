package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehouse-gw/gatehouse/internal/nodes"
	"github.com/gatehouse-gw/gatehouse/internal/replica"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

var (
	metricName = regexp.MustCompile(`\bgatehouse_[a-z0-9_]+`)
	fqName     = regexp.MustCompile(`fqName: "([^"]+)"`)
)

// metricNames are those of all metrics of ours that a server has.
func metricNames(t *testing.T) map[string]bool {
	t.Helper()
	c := defaults()
	c.Listen, c.InMemory, c.AdminListen = "127.0.0.1:0", true, "127.0.0.1:0"
	c.Valkey = "redis://127.0.0.1:1" // where none is
	s, err := start(context.Background(), c, new(bytes.Buffer), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		ended, end := context.WithCancel(context.Background())
		end()
		if err := s.wait(ended); err != nil {
			t.Error(err)
		}
	}()
	joinEmptyCluster(t, s.numbers)
	families, err := s.numbers.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, f := range families {
		names[f.GetName()] = true
	}
	described := make(chan *prometheus.Desc, 100)
	s.numbers.calls.Describe(described) // series without calls are not told
	close(described)
	for d := range described {
		names[fqName.FindStringSubmatch(d.String())[1]] = true
	}
	return names
}

// joinEmptyCluster adds the numbers of a process that shares a database.
func joinEmptyCluster(t *testing.T, n *numbers) {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	source, err := replica.Open(t.Context(), replica.Options{Database: st, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = source.Close(), st.Close() })
	n.joinNodes(&cluster{source: source, nodes: nodes.New(nodes.Options{Store: st, Serves: func() (store.Revision, <-chan struct{}) { return 0, nil }})})
}

// TestDeployedMetrics holds the files of deploy/ and docs/metrics.md to the metrics that
// there are: they name no others, and the page has all of ours.
func TestDeployedMetrics(t *testing.T) {
	t.Parallel()
	names := metricNames(t)
	files, err := filepath.Glob("../../deploy/*/*")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range append(files, "../../docs/metrics.md") {
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			continue // the chart
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".json") && !json.Valid(text) {
			t.Errorf("%s is no JSON", file)
		}
		for _, name := range metricName.FindAllString(string(text), -1) {
			base := name
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				if plain := strings.TrimSuffix(name, suffix); names[plain] {
					base = plain
				}
			}
			if !names[base] {
				t.Errorf("%s names %s, which there is not", file, name)
			}
		}
		if !strings.HasSuffix(file, "metrics.md") {
			continue
		}
		for name := range names {
			if strings.HasPrefix(name, "gatehouse_") && !slices.Contains(metricName.FindAllString(string(text), -1), name) {
				t.Errorf("%s does not have %s", file, name)
			}
		}
	}
}

// runTool runs a program of Prometheus's that scripts/prepare.sh installs.
func runTool(t *testing.T, stdin, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", program, args, err, out)
	}
	return string(out)
}

// TestPromtool has Prometheus's own tool judge the metrics of a server that has had
// calls of all kinds, and the files of deploy/.
func TestPromtool(t *testing.T) {
	t.Parallel()
	r := newMetricsRig(t)
	r.call(t, 2, "/pets/1", 200)
	r.call(t, 1, "/often", 429)
	r.call(t, 1, "/down", 504)
	if out := runTool(t, exchange(t, "GET", r.admin+metricsPage, nil).body, "promtool", "check", "metrics"); out != "" {
		t.Errorf("promtool check metrics says %s", out)
	}
	runTool(t, "", "promtool", "check", "rules", "../../deploy/prometheus/gatehouse.rules.yaml")
	runTool(t, "", "promtool", "check", "config", "../../deploy/prometheus/prometheus.yaml")
	text, err := os.ReadFile("../../deploy/grafana/gatehouse.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	var rules strings.Builder // of each expression, which promtool parses with them
	rules.WriteString("groups:\n- name: dashboard\n  rules:\n")
	for i, p := range dashboard.Panels {
		for j, target := range p.Targets {
			expr := strings.ReplaceAll(target.Expr, "$__rate_interval", "5m")
			fmt.Fprintf(&rules, "  - record: panel:%d_%d\n    expr: %q\n", i, j, expr)
		}
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	runTool(t, "", "promtool", "check", "rules", file)
}

// TestPrometheusScrapes has Debian's Prometheus read a server, as text and with native
// histograms, and asks it for what it has read.
func TestPrometheusScrapes(t *testing.T) {
	t.Parallel()
	r := newMetricsRig(t)
	r.call(t, 3, "/pets/1", 200)
	r.call(t, 1, "/down", 504)
	r.expect(t, map[string]string{"gatehouse_metrics_series": "2"})
	for name, flags := range map[string][]string{"text": nil, "native": {"--enable-feature=native-histograms"}} {
		t.Run(name, func(t *testing.T) {
			query := startPrometheus(t, strings.TrimPrefix(r.admin, "http://"), flags...)
			query.expect(t, `sum by (code) (gatehouse_requests_total{api="counted"} > 0)`, `{"code":"2xx"} 3 {"code":"5xx"} 1`)
			query.expect(t, `gatehouse_build_info`, "1")
			if name == "native" {
				query.expect(t, `histogram_count(gatehouse_request_duration_seconds{resource="/pets/{id}"})`, "3")
				query.expect(t, `histogram_quantile(1, gatehouse_request_duration_seconds{resource="/pets/{id}"}) > bool 0`, "1")
				return
			}
			query.expect(t, `gatehouse_request_duration_seconds_bucket{resource="/pets/{id}",le="+Inf"}`, "3")
			query.expect(t, `count(gatehouse_request_duration_seconds_bucket{resource="/pets/{id}"})`, "15")
		})
	}
}

// A prometheusAt answers queries.
type prometheusAt string

// startPrometheus runs a Prometheus that reads a target every second, until the test ends.
func startPrometheus(t *testing.T, target string, flags ...string) prometheusAt {
	t.Helper()
	dir := t.TempDir()
	config := fmt.Sprintf("scrape_configs:\n- job_name: gatehouse\n  scrape_interval: 1s\n  metrics_path: %s\n  static_configs:\n  - targets: [%q]\n", metricsPage, target)
	file := filepath.Join(dir, "prometheus.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0") // Prometheus does not say which port it took
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	log := new(lockedLog)
	cmd := exec.Command("prometheus", append([]string{"--config.file=" + file, "--storage.tsdb.path=" + filepath.Join(dir, "data"), "--web.listen-address=" + address}, flags...)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log)
		}
	})
	return prometheusAt("http://" + address)
}

// expect waits until a query has the wanted result: labels but for the target's, and
// values.
func (p prometheusAt) expect(t *testing.T, query, want string) {
	t.Helper()
	got := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if got = p.query(query); got == want {
			return
		}
	}
	t.Errorf("%s: got %s, want %s", query, got, want)
}

func (p prometheusAt) query(query string) string {
	resp, err := http.Get(string(p) + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return "" // it is starting
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err.Error()
	}
	var list []string
	for _, r := range answer.Data.Result {
		value := fmt.Sprint(r.Value[1])
		if code, ok := r.Metric["code"]; ok {
			value = fmt.Sprintf(`{"code":%q} %s`, code, value)
		}
		list = append(list, value)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}
