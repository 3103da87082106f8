package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// BenchmarkManyDomains starts a server that has many domain names with certificates of
// their own, 10,000 with SOAK=20, and says how long that takes and how much memory the
// server has then, and after each name's certificate was wanted once.
func BenchmarkManyDomains(b *testing.B) {
	names := soak.Times(500)
	t := &testing.T{}
	dir := b.TempDir()
	selfSigned(t, dir)
	writeKeys(t, dir, 1)
	config := filepath.Join(dir, "gatehouse.yaml")
	if err := os.WriteFile(config, []byte("data-dir: data\nsecrets-key-file: secrets.key\ngateway-tls-listen: 127.0.0.1:0\ncertificates:\n- {cert: cert.pem, key: key.pem}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	start := func() *process {
		p, err := launch(dir, "serve", "--listen", "127.0.0.1:0", "--config", config)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(p.kill)
		if err := p.waitFor(`^Ready\.$`); err != nil {
			b.Fatal(err)
		}
		return p
	}
	p := start()
	c := newSDK(urlLine.FindStringSubmatch(p.printed())[2])
	each := func(do func(name string)) {
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				for n := i; n < names; n += 16 {
					do(fmt.Sprintf("api%d.example.com", n))
				}
			})
		}
		all.Wait()
	}
	each(func(name string) {
		u := newUploadable(t, name)
		if _, err := c.CreateDomainName(b.Context(), &apigateway.CreateDomainNameInput{DomainName: aws.String(name), CertificateBody: &u.body, CertificatePrivateKey: &u.key}); err != nil {
			b.Error(err)
		}
	})
	for b.Loop() {
		p.kill()
		began := time.Now()
		p = start()
		b.ReportMetric(time.Since(began).Seconds(), "s/start")
	}
	b.ReportMetric(residentMiB(b, p), "MiB-started")
	secure := secureLine.FindStringSubmatch(p.printed())[1]
	each(func(name string) { presented(t, secure, name) })
	b.ReportMetric(residentMiB(b, p), "MiB-after-handshakes")
}

// residentMiB is how much memory a server has that is not shared with files.
func residentMiB(b *testing.B, p *process) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Skip(err)
	}
	_, line, _ := strings.Cut(string(status), "VmRSS:")
	var kib float64
	fmt.Sscan(line, &kib)
	return kib / 1024
}
