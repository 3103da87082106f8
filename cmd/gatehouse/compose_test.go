//go:build unix

package main

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/valkeytest"
)

const (
	composeKey    = "AKIAIOSFODNN7EXAMPLE"
	composeSecret = "a-secret-of-this-test-alone-1234"
)

// A composition is what deploy/compose starts, as processes of this machine.
type composition struct {
	valkey      *valkeytest.Server
	dir         string
	environment map[string]map[string]string // of the services
	instead     *strings.Replacer
}

// newComposition starts PostgreSQL, which asks for the password, and Valkey, and reads the
// file.
func newComposition(t *testing.T) *composition {
	t.Helper()
	text, err := os.ReadFile("../../deploy/compose/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Environment map[string]string
			Secrets     yaml.Node
		}
		Secrets map[string]struct{ File string }
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	c := &composition{valkey: valkeytest.Start(t), dir: t.TempDir(), environment: make(map[string]map[string]string)}
	server := pgtest.New(t, pgtest.Options{HBA: []string{"host all all 127.0.0.1/32 scram-sha-256"}})
	server.Exec(t, "postgres", "CREATE DATABASE gatehouse")
	server.Exec(t, "postgres", "ALTER USER gatehouse PASSWORD 'of-the-database'")
	host, port, _ := net.SplitHostPort(server.Addr())
	replaced := []string{
		"@postgres/", "@" + server.Addr() + "/", "redis://valkey:6379", "redis://" + c.valkey.Addr, "0.0.0.0:4566", "127.0.0.1:0", "0.0.0.0:8080", "127.0.0.1:0", "0.0.0.0:9090", "127.0.0.1:0",
	}
	for name, content := range map[string]string{
		"secrets.key": strings.Repeat("0123456789abcdef", 4) + "\n", "database.passfile": fmt.Sprintf("%s:%s:gatehouse:gatehouse:of-the-database\n", host, port), "database.password": "of-the-database\n",
		"credentials.yaml": "- accessKeyId: " + composeKey + "\n  secretAccessKey: " + composeSecret + "\n  account: \"000000000000\"\n  principal: arn:aws:iam::000000000000:user/ops\n",
	} {
		if err := os.WriteFile(filepath.Join(c.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, secret := range file.Secrets {
		if _, err := os.Stat(filepath.Join(c.dir, secret.File)); err != nil {
			t.Errorf("the secret %s is of a file that its head does not name: %v", name, err)
		}
		replaced = append(replaced, "/run/secrets/"+name, filepath.Join(c.dir, secret.File))
	}
	c.instead = strings.NewReplacer(replaced...)
	for name, service := range file.Services {
		c.environment[name] = service.Environment
	}
	return c
}

// launch starts a node as the file has it, of a data directory by its name.
func (c *composition) launch(t *testing.T, service, name string) *testNode {
	t.Helper()
	var env []string
	for _, key := range slices.Sorted(maps.Keys(c.environment[service])) {
		value := c.instead.Replace(c.environment[service][key])
		if key == "GATEHOUSE_DATA_DIR" {
			value = filepath.Join(c.dir, name)
		}
		env = append(env, key+"="+value)
	}
	p, err := launchIn(env, c.dir, "serve")
	if err == nil {
		t.Cleanup(p.kill)
		err = p.waitFor(`^(\{.*"msg":)?"?Ready\.`)
	}
	if err != nil {
		t.Fatal(err)
	}
	return nodeOf(p)
}

// TestCompose starts what deploy/compose does: its nodes share what API keys may and caches
// through Valkey, which can go and come back.
func TestCompose(t *testing.T) {
	t.Parallel()
	c := newComposition(t)
	control := c.launch(t, "control", "control")
	gateways := []*testNode{c.launch(t, "gateway-1", "gateway-1"), c.launch(t, "gateway-2", "gateway-2")}
	for _, n := range append(gateways, control) {
		n.becomesUp(t, true)
	}
	stage := cachedStageOf(t, newSDKOf(control.plane, composeKey, composeSecret), gateways[0].stages)
	call := func(n *testNode, path string, headers ...string) string {
		t.Helper()
		got := exchange(t, "GET", n.stages+"/_aws/execute-api/cached/prod"+path, nil, headers...)
		return fmt.Sprint(got.status, " ", got.body)
	}
	t.Run("caches", func(t *testing.T) {
		pet, first := 0, ""
		becomes(t, "a node finds what another has kept", func() bool { // soon after that was answered
			pet++
			first = call(gateways[0], fmt.Sprint("/pets/", pet))
			return call(gateways[1], fmt.Sprint("/pets/", pet)) == first
		})
		stage.flush(t)
		for _, n := range gateways {
			if got := call(n, fmt.Sprint("/pets/", pet)); got == first || !strings.HasPrefix(got, "200 call ") {
				t.Errorf("after a flush: %s, and before: %s", got, first)
			}
		}
	})
	t.Run("throttles", func(t *testing.T) {
		stage.patch(t, "/*/*/throttling/burstLimit", "10")
		stage.patch(t, "/*/*/throttling/rateLimit", "0.01")
		passed := 0
		for i := range 40 {
			if strings.HasPrefix(call(gateways[i%2], "/pets/1"), "200 ") {
				passed++
			}
		}
		if passed < 8 || passed > 11 { // of 10; a share may be on its way back
			t.Errorf("%d of 10 pass", passed)
		}
		stage.patch(t, "/*/*/throttling/rateLimit", "1000")
		stage.patch(t, "/*/*/throttling/burstLimit", "1000")
	})
	t.Run("quotas", func(t *testing.T) { c.quotas(t, stage, control, gateways) })
}

// quotas uses a quota up on both nodes: it stays used up when Valkey has gone, for a node that
// starts meanwhile, and when it is back with nothing of what it had.
func (c *composition) quotas(t *testing.T, stage *cachedStage, control *testNode, gateways []*testNode) {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := stage.UpdateMethod(ctx, &apigateway.UpdateMethodInput{RestApiId: aws.String("cached"), ResourceId: &stage.pet, HttpMethod: aws.String("GET"), PatchOperations: stagePatch("/apiKeyRequired", "true")})
	must(err)
	_, err = stage.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: aws.String("cached"), StageName: aws.String("prod")})
	must(err)
	key, err := stage.CreateApiKey(ctx, &apigateway.CreateApiKeyInput{Name: aws.String("k"), Enabled: true})
	must(err)
	plan, err := stage.CreateUsagePlan(ctx, &apigateway.CreateUsagePlanInput{
		Name: aws.String("p"), ApiStages: []types.ApiStage{{ApiId: aws.String("cached"), Stage: aws.String("prod")}}, Quota: &types.QuotaSettings{Limit: 10, Period: types.QuotaPeriodTypeMonth},
	})
	must(err)
	_, err = stage.CreateUsagePlanKey(ctx, &apigateway.CreateUsagePlanKeyInput{UsagePlanId: plan.Id, KeyId: key.Id, KeyType: aws.String("API_KEY")})
	must(err)
	uses := func(nodes ...*testNode) (passed int) {
		t.Helper()
		for i := range 30 {
			n := nodes[i%len(nodes)]
			got := exchange(t, "GET", n.stages+"/_aws/execute-api/cached/prod/pets/1", nil, "x-api-key: "+*key.Value)
			if got.status == http.StatusOK {
				passed++
			} else if got.status != http.StatusTooManyRequests {
				t.Fatal(got)
			}
		}
		return passed
	}
	if got := uses(gateways...); got != 10 {
		t.Errorf("%d calls pass, want 10", got)
	}
	becomes(t, "the calls are in the database", func() bool {
		day := time.Now().UTC().Format(time.DateOnly)
		used, err := stage.GetUsage(ctx, &apigateway.GetUsageInput{UsagePlanId: plan.Id, StartDate: &day, EndDate: &day})
		return err == nil && len(used.Items[*key.Id]) == 1 && used.Items[*key.Id][0][0] == 10
	})
	c.valkey.Kill()
	if got := uses(gateways...); got != 0 {
		t.Errorf("without Valkey %d more pass", got)
	}
	for _, n := range gateways {
		n.becomesUp(t, false)
	}
	third := c.launch(t, "gateway-1", "gateway-3")
	if got := uses(third); got != 0 {
		t.Errorf("a node that has started without Valkey lets %d more pass", got)
	}
	c.valkey.Run()
	all := append([]*testNode{third}, gateways...)
	for _, n := range append(all, control) {
		n.becomesUp(t, true)
	}
	if got := uses(all...); got != 0 {
		t.Errorf("with a Valkey that has lost all %d more pass", got)
	}
}

// becomesUp waits until a node knows whether Valkey is there.
func (n *testNode) becomesUp(t *testing.T, up bool) {
	t.Helper()
	want := "\ngatehouse_valkey_up 0\n"
	if up {
		want = "\ngatehouse_valkey_up 1\n"
	}
	becomes(t, "the node knows whether Valkey is there", func() bool {
		return strings.Contains(exchange(t, "GET", n.health+"/_gatehouse/metrics", nil).body, want)
	})
}
