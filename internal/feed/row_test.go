package feed

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/target"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// newCertificate makes a client certificate.
func newCertificate(t *testing.T) *snapshot.ClientCertificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &snapshot.ClientCertificate{Certificate: der, PrivateKey: private}
}

// A doctored is a feed over rows that a test writes as it likes.
type doctored struct {
	*Feed
	t        *testing.T
	st       *store.Store
	log      bytes.Buffer
	backends *target.Backends
}

func newDoctored(t *testing.T) *doctored {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	d := &doctored{t: t, st: st}
	if d.backends, err = target.NewBackends(map[string][]string{"orders": {"127.0.0.1:1"}}); err != nil {
		t.Fatal(err)
	}
	compile := func(d *snapshot.Deployment) (gateway.Program, error) { return named{d.ID}, nil }
	d.Feed = New(Options{
		Store: st, Gateway: gateway.New(gateway.Options{Source: Deployments{Store: st}, Compile: compile}), Backends: d.backends,
		Limits: limit.NewRegistry(), Plans: usageplan.New(usageplan.Options{}), Authorizers: authz.NewCache(0), Log: slog.New(slog.NewTextHandler(&d.log, nil)),
	})
	return d
}

// publish writes rows, each kind, id and data, and has them applied.
func (d *doctored) publish(rows ...[3]string) {
	d.t.Helper()
	rev, err := d.st.Write(d.t.Context(), store.Scope{}, func(tx *store.Tx) error {
		for _, r := range rows {
			if err := tx.Publish(store.Served{Kind: r[0], ID: r[1], Data: []byte(r[2])}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.CatchUp(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	if got := d.Position(); got != rev {
		d.t.Errorf("position %d, want %d: the feed does not go on", got, rev)
	}
}

// status is what a request to an API's stage prod is answered.
func (d *doctored) status(api string) int {
	return d.answers("http://localhost/_aws/execute-api/" + api + "/prod/x")
}

func (d *doctored) answers(url string) int {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, url, nil)
	r.RequestURI = r.URL.RequestURI() // as a client sends it to the host itself
	d.gateway.Handler(gateway.Entrance{}).ServeHTTP(w, r)
	return w.Code
}

func text(v any) string {
	kind := ""
	switch v.(type) {
	case *snapshot.Stage:
		kind = snapshot.ServedStage
	case *snapshot.DomainName:
		kind = snapshot.ServedDomainName
	}
	data, _ := snapshot.Encode(kind, v)
	return string(data)
}

// encoded is a row as it is published.
func encoded(t *testing.T, kind string, v any) string {
	t.Helper()
	data, err := snapshot.Encode(kind, v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func stageRow(api string) [3]string {
	return [3]string{snapshot.ServedStage, snapshot.ServedID(api, "prod"), text(&snapshot.Stage{APIID: api, Name: "prod", DeploymentID: "d"})}
}

func deploymentRow(api string) [3]string {
	return [3]string{snapshot.ServedDeployment, snapshot.ServedID(api, "d"), text(&snapshot.Deployment{Format: snapshot.DeploymentFormat, APIID: api, ID: "d"})}
}

// A stage whose row cannot be read serves nothing, not what it was before, until
// there is a row that can. Other stages are served all the same.
func TestStageRowThatCannotBeRead(t *testing.T) {
	for name, data := range map[string]string{
		"no JSON":         "{",
		"nothing":         "",
		"null":            "null",
		"a list":          "[]",
		"a member's type": `{"apiId": "a", "name": "prod", "deploymentId": 1}`,
		"another stage's": text(&snapshot.Stage{APIID: "b", Name: "prod", DeploymentID: "d"}),
		"of another name": text(&snapshot.Stage{APIID: "a", Name: "dev", DeploymentID: "d"}),
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoctored(t)
			d.publish(deploymentRow("a"), stageRow("a"), deploymentRow("b"), stageRow("b"))
			if a, b := d.status("a"), d.status("b"); a != 200 || b != 200 {
				t.Fatalf("before: %d and %d", a, b)
			}
			d.publish([3]string{snapshot.ServedStage, "a/prod", data}, deploymentRow("c"), stageRow("c"))
			if a, b, c := d.status("a"), d.status("b"), d.status("c"); a != 500 || b != 200 || c != 200 {
				t.Errorf("doctored: %d, others %d and %d", a, b, c)
			}
			if !strings.Contains(d.log.String(), "a/prod") {
				t.Errorf("log %q", d.log.String())
			}
			d.publish(stageRow("a"))
			if a := d.status("a"); a != 200 {
				t.Errorf("repaired: %d", a)
			}
		})
	}
}

// A stage that has never been served is closed, too, and so is one whose row nobody
// can read at the start; one that goes is unknown.
func TestStageRowThatCannotBeReadAtFirst(t *testing.T) {
	d := newDoctored(t)
	d.publish([3]string{snapshot.ServedStage, "a/prod", "{"}, deploymentRow("b"), stageRow("b"), [3]string{snapshot.ServedStage, "nameless", "{}"})
	if a, b := d.status("a"), d.status("b"); a != 500 || b != 200 {
		t.Errorf("%d and %d", a, b)
	}
	if _, err := d.st.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error { return tx.Retract(snapshot.ServedStage, "a/prod") }); err != nil {
		t.Fatal(err)
	}
	if err := d.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := d.status("a"); a != 404 {
		t.Errorf("gone: %d", a)
	}
}

func TestDeploymentRowThatCannotBeRead(t *testing.T) {
	for name, data := range map[string]string{
		"no JSON":             "{",
		"null":                "null",
		"another API's":       text(&snapshot.Deployment{Format: snapshot.DeploymentFormat, APIID: "b", ID: "d"}),
		"another":             text(&snapshot.Deployment{Format: snapshot.DeploymentFormat, APIID: "a", ID: "e"}),
		"of an older version": text(&snapshot.Deployment{APIID: "a", ID: "d"}),
		"of a newer version":  text(&snapshot.Deployment{APIID: "a", ID: "d", Format: snapshot.DeploymentFormat + 1}),
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoctored(t)
			d.publish([3]string{snapshot.ServedDeployment, "a/d", data}, stageRow("a"), deploymentRow("b"), stageRow("b"))
			if a, b := d.status("a"), d.status("b"); a != 500 || b != 200 {
				t.Errorf("%d and %d", a, b)
			}
		})
	}
}

// A domain name whose row cannot be read, or a base path, leads nowhere, and not where
// it led before or where the paths lead that no base path has.
func TestDomainRowThatCannotBeRead(t *testing.T) {
	const name, id = "api.example.com", ofAccount + "api.example.com"
	domain := [3]string{snapshot.ServedDomainName, id, encoded(t, snapshot.ServedDomainName, &snapshot.DomainName{Name: name, Account: "000000000000", Region: "us-east-1"})}
	mapping := func(base string) [3]string {
		return [3]string{snapshot.ServedBasePathMapping, id + "/" + base, encoded(t, snapshot.ServedBasePathMapping, &snapshot.BasePathMapping{
			Domain: name, Account: "000000000000", Region: "us-east-1", BasePath: base, APIID: "a", Stage: "prod",
		})}
	}
	const root, orders = "http://" + name + "/x", "http://" + name + "/orders/x"
	for what, data := range map[string]string{"no JSON": "[", "null": "null", "another's": strings.ReplaceAll(domain[2], name, "b.example.com"), "a newer version's": `{"format":99}`} {
		t.Run(what, func(t *testing.T) {
			d := newDoctored(t)
			d.publish(deploymentRow("a"), stageRow("a"), mapping("orders"), domain, mapping(""))
			expect := func(when string, wantRoot, wantOrders int) {
				t.Helper()
				if r, o := d.answers(root), d.answers(orders); r != wantRoot || o != wantOrders {
					t.Errorf("%s: %d and %d", when, r, o)
				}
			}
			expect("before", 200, 200)
			d.publish([3]string{snapshot.ServedBasePathMapping, id + "/orders", data})
			expect("a doctored mapping", 200, 500)
			d.publish([3]string{domain[0], id, data})
			expect("a doctored name", 500, 500)
			d.publish(domain, mapping("orders"))
			expect("repaired", 200, 200)
			if log := d.log.String(); !strings.Contains(log, id+"/orders") || !strings.Contains(log, "id="+id+" ") {
				t.Errorf("log %q", log)
			}
		})
	}
}

const ofAccount = "000000000000/us-east-1/"

// A VPC link whose row cannot be read leads nowhere, not where it led before.
func TestVPCLinkRowThatCannotBeRead(t *testing.T) {
	row := func(id string) [3]string {
		return [3]string{snapshot.ServedVPCLink, ofAccount + id, text(&snapshot.VPCLink{ID: id, Account: "000000000000", Region: "us-east-1", Name: "orders"})}
	}
	other := row("l2")
	for name, data := range map[string]string{"no JSON": "[", "null": "null", "another's": other[2], "a member's type": `{"id": {}}`} {
		t.Run(name, func(t *testing.T) {
			d := newDoctored(t)
			d.publish(row("l1"))
			h := target.HTTP{URI: target.ParseURI("http://a.example/"), Link: target.ParseURI("${stageVariables.id}")}
			bind := func(id string) *target.Target {
				return h.Bind(&snapshot.Stage{Account: "000000000000", Region: "us-east-1", Variables: map[string]string{"id": id}}, d.backends)
			}
			first := bind("l1")
			if err := first.Check(); err != nil {
				t.Fatal(err)
			}
			d.publish([3]string{snapshot.ServedVPCLink, ofAccount + "l1", data}, other)
			if first.Check() == nil || bind("l1").Check() == nil {
				t.Error("calls still take the link")
			}
			if err := bind("l2").Check(); err != nil {
				t.Errorf("another link: %v", err)
			}
			if !strings.Contains(d.log.String(), ofAccount+"l1") {
				t.Errorf("log %q", d.log.String())
			}
		})
	}
}

// A client certificate whose row cannot be read is not shown any more, and the
// backends of stages that name it are not called without it.
func TestCertificateRowThatCannotBeRead(t *testing.T) {
	row := func(id string) [3]string {
		c := newCertificate(t)
		c.ID, c.Account, c.Region = id, "000000000000", "us-east-1"
		return [3]string{snapshot.ServedClientCertificate, ofAccount + id, text(c)}
	}
	other := row("c2")
	for name, data := range map[string]string{
		"no JSON": "[", "null": "null", "another's": other[2], "no certificate": `{"id": "c1", "account": "000000000000", "region": "us-east-1", "privateKey": "c2VjcmV0"}`,
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoctored(t)
			d.publish(row("c1"))
			h := target.HTTP{URI: target.ParseURI("https://a.example/")}
			bind := func(id string) *target.Target {
				return h.Bind(&snapshot.Stage{Account: "000000000000", Region: "us-east-1", ClientCertificateID: id}, d.backends)
			}
			first := bind("c1")
			if err := first.Check(); err != nil {
				t.Fatal(err)
			}
			d.publish([3]string{snapshot.ServedClientCertificate, ofAccount + "c1", data}, other)
			if first.Check() == nil || bind("c1").Check() == nil {
				t.Error("calls still show the certificate")
			}
			if err := bind("c2").Check(); err != nil {
				t.Errorf("another certificate: %v", err)
			}
			if log := d.log.String(); !strings.Contains(log, ofAccount+"c1") || strings.Contains(log, "secret") || strings.Contains(log, "c2VjcmV0") {
				t.Errorf("log %q", log)
			}
		})
	}
}

// Of what a newer version has published nothing is served that this version takes
// it for, and what an older one has published is made again.
func TestRowsOfOtherFormats(t *testing.T) {
	other := func(row [3]string, format string) [3]string {
		text := strings.TrimPrefix(row[2], `{"format":2,`)
		row[2] = `{"format":` + format + `,` + strings.TrimPrefix(text, "{")
		return row
	}
	cert := newCertificate(t)
	cert.ID, cert.Account, cert.Region = "c1", "000000000000", "us-east-1"
	rows := [][3]string{
		stageRow("a"),
		{snapshot.ServedVPCLink, ofAccount + "l1", text(&snapshot.VPCLink{ID: "l1", Account: "000000000000", Region: "us-east-1", Name: "orders"})},
		{snapshot.ServedClientCertificate, ofAccount + "c1", text(cert)},
	}
	serves := map[string]func(*doctored) bool{
		snapshot.ServedStage: func(d *doctored) bool { return d.status("a") == 200 },
		snapshot.ServedVPCLink: func(d *doctored) bool {
			h := target.HTTP{URI: target.ParseURI("http://a.example/"), Link: target.ParseURI("${stageVariables.id}")}
			return h.Bind(&snapshot.Stage{Account: "000000000000", Region: "us-east-1", Variables: map[string]string{"id": "l1"}}, d.backends).Check() == nil
		},
		snapshot.ServedClientCertificate: func(d *doctored) bool {
			h := target.HTTP{URI: target.ParseURI("https://a.example/")}
			return h.Bind(&snapshot.Stage{Account: "000000000000", Region: "us-east-1", ClientCertificateID: "c1"}, d.backends).Check() == nil
		},
	}
	for _, row := range rows {
		t.Run(row[0], func(t *testing.T) {
			d, serves := newDoctored(t), serves[row[0]]
			d.publish(deploymentRow("a"), row)
			if !serves(d) {
				t.Fatal("it does not serve")
			}
			d.publish(other(row, "99"))
			if log := d.log.String(); serves(d) || !strings.Contains(log, row[1]) || !strings.Contains(log, fmt.Sprintf("it has format 99, of which this version knows %d: written by a newer version", snapshot.Format(row[0]))) {
				t.Errorf("of a newer version: serves is %t, log %q", serves(d), log)
			}
			d.publish(other(row, "0"))
			if log := d.log.String(); serves(d) || !strings.Contains(log, "it has format 0, which is not known any more") {
				t.Errorf("of an older version, where nobody can make it again: serves is %t, log %q", serves(d), log)
			}
			var asked [2]string
			d.rebuild = func(_ context.Context, kind, id string) ([]byte, error) {
				asked = [2]string{kind, id}
				return []byte(row[2]), nil
			}
			d.publish([3]string{row[0], row[1], `{"format":0,"name":[]}`})
			if !serves(d) || asked != [2]string{row[0], row[1]} {
				t.Errorf("of an older version: serves is %t, made again was %q", serves(d), asked)
			}
		})
	}
}

// A kind of row that this version does not know is told of, and passed over.
func TestRowOfAnUnknownKind(t *testing.T) {
	d := newDoctored(t)
	d.publish([3]string{"routingrule", "p1", "{}"}, [3]string{snapshot.ServedAccount, "000000000000/us-east-1", "{"}, deploymentRow("a"), stageRow("a"))
	if a := d.status("a"); a != 200 {
		t.Errorf("%d", a)
	}
	if log := d.log.String(); !strings.Contains(log, "routingrule") || strings.Count(log, "\n") != 1 {
		t.Errorf("log %q", log)
	}
}

// What the control plane publishes of API keys, and what is saved of their use, is in
// the spelling that is read fast.
func TestRowsAreReadFast(t *testing.T) {
	key := snapshot.APIKey{ID: "k1", Account: "000000000000", Region: "us-east-1", Value: "aB3-_.~ $", Enabled: true}
	planKey := snapshot.UsagePlanKey{Account: "000000000000", Region: "us-east-1", PlanID: "p1", KeyID: "k1"}
	var gotKey snapshot.APIKey
	var gotPlanKey snapshot.UsagePlanKey
	encode := func(kind string, v any) []byte {
		data, err := snapshot.Encode(kind, v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if data := encode(snapshot.ServedAPIKey, key); !scanKey(data, &gotKey) || gotKey != key {
		t.Errorf("%s: got %+v", data, gotKey)
	}
	if data := encode(snapshot.ServedUsagePlanKey, planKey); !scanPlanKey(data, &gotPlanKey) || gotPlanKey != planKey {
		t.Errorf("%s: got %+v", data, gotPlanKey)
	}
	state := usageplan.State{Period: 20786, Spent: -3, Day: 20790, Calls: 7}
	data := encode(kindUsage, state)
	if got := stateDoc(state); !bytes.Equal(got, data) {
		t.Errorf("a state is written as %s, want %s", got, data)
	}
	if testing.AllocsPerRun(100, func() {
		if got, err := readState(data); got != state || err != nil {
			t.Errorf("%s: got %+v, %v", data, got, err)
		}
	}) != 0 {
		t.Errorf("%s is read by encoding/json", data)
	}
}

// However a row is spelt, it says what encoding/json reads in it.
func TestRowsOfOtherSpellings(t *testing.T) {
	for _, text := range []string{
		`{"id":"k1","account":"a","region":"r","value":"v","enabled":true}`,
		`{"id":"k1","account":"a","region":"r","value":"v","enabled":true,"more":[1]}`,
		`{"enabled":true, "value":"\u0076 \u20ac é", "id":"k1"}`,
		`{"id":"k1","account":"a","region":"r","value":7}`,
		`{"id":"k1","account":"a","region":"r","value":"v","enabled":true}}`,
		`{"account":"a","region":"r","planId":"p","keyId":"k"}`,
		`{"account":"a","region":"r","planId":"p","keyId":"k","id":"x"}`,
		`{"account":"a","region":"r","planId":null}`,
	} {
		for _, fresh := range []func() any{func() any { return new(snapshot.APIKey) }, func() any { return new(snapshot.UsagePlanKey) }} {
			got, want := fresh(), fresh()
			err, wantErr := decode([]byte(text), got), json.Unmarshal([]byte(text), want)
			if fmt.Sprint(err) != fmt.Sprint(wantErr) || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %+v, %v; want %+v, %v", text, got, err, want, wantErr)
			}
		}
	}
}
