package gateway

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// locate is what stands for stages without custom domain names.
func locate(host, path, header string) (location, bool) {
	if at, ours := locateHost(host, path, header); ours {
		return at, true
	}
	return locatePath(path)
}

func TestLocate(t *testing.T) {
	tests := map[string]struct {
		host, path string
		want       location
		ours       bool
	}{
		"AWS's host":                {"abc123.execute-api.us-east-1.amazonaws.com", "/dev/pets/1", location{"abc123", "dev", "/pets/1"}, true},
		"China's host":              {"abc123.execute-api.cn-north-1.amazonaws.com.cn", "/dev", location{"abc123", "dev", "/"}, true},
		"local host and port":       {"abc123.execute-api.localhost:4566", "/dev/", location{"abc123", "dev", "/"}, true},
		"nothing behind the label":  {"abc123.execute-api", "/dev/x", location{"abc123", "dev", "/x"}, true},
		"port behind the label":     {"abc123.execute-api:4566", "/dev/x", location{"abc123", "dev", "/x"}, true},
		"upper case host":           {"ABC123.Execute-API.localhost", "/Dev/X", location{"ABC123", "Dev", "/X"}, true},
		"VPC endpoint in the host":  {"abc123-vpce-0a1b2c.execute-api.us-east-1.amazonaws.com", "/dev/x", location{"abc123", "dev", "/x"}, true},
		"a VPC endpoint's own host": {"vpce-0a1b2c-xyz.execute-api.us-east-1.vpce.amazonaws.com", "/dev/x", location{"named", "dev", "/x"}, true},
		"upper case VPC endpoint":   {"VPCE-1.execute-api.us-east-1.vpce.amazonaws.com", "/dev", location{"named", "dev", "/"}, true},
		"no name behind vpce-":      {"vpce-.execute-api.localhost", "/dev", location{"vpce-", "dev", "/"}, true},
		"root without stage":        {"abc123.execute-api.localhost", "/", location{"abc123", "", "/"}, true},
		"double slash first":        {"abc123.execute-api.localhost", "//dev/x", location{"abc123", "dev", "/x"}, true},
		"slashes alone":             {"abc123.execute-api.localhost", "///", location{"abc123", "", "/"}, true},
		"double slash later":        {"abc123.execute-api.localhost", "/dev//x//", location{"abc123", "dev", "//x//"}, true},
		"stage twice":               {"abc123.execute-api.localhost", "/dev/dev", location{"abc123", "dev", "/dev"}, true},
		"escapes stay":              {"abc123.execute-api.localhost", "/dev/a%2Fb/%2e%2e", location{"abc123", "dev", "/a%2Fb/%2e%2e"}, true},
		"escaped stage is another":  {"abc123.execute-api.localhost", "/d%65v/x", location{"abc123", "d%65v", "/x"}, true},
		"host wins over path":       {"abc123.execute-api.localhost", "/_aws/execute-api/other/dev/x", location{"abc123", "_aws", "/execute-api/other/dev/x"}, true},
		"host wins over control":    {"abc123.execute-api.localhost", "/restapis/x", location{"abc123", "restapis", "/x"}, true},
		"no label":                  {".execute-api.localhost", "/dev", location{"", "dev", "/"}, true},
		"label is third":            {"a.b.execute-api.localhost", "/dev", location{}, false},
		"label goes on":             {"abc.execute-apis.localhost", "/dev", location{}, false},
		"label goes on with dash":   {"abc.execute-api-x.localhost", "/dev", location{}, false},
		"no host":                   {"", "/dev", location{}, false},
		"control plane's host":      {"apigateway.us-east-1.amazonaws.com", "/restapis", location{}, false},
		"aws path":                  {"localhost:4566", "/_aws/execute-api/abc123/dev/pets?", location{"abc123", "dev", "/pets?"}, true},
		"aws path, stage only":      {"localhost:4566", "/_aws/execute-api/abc123/dev", location{"abc123", "dev", "/"}, true},
		"aws path, slash behind":    {"localhost:4566", "/_aws/execute-api/abc123/dev/", location{"abc123", "dev", "/"}, true},
		"aws path, no stage":        {"localhost:4566", "/_aws/execute-api/abc123", location{"abc123", "", "/"}, true},
		"aws path, double slash":    {"localhost:4566", "/_aws/execute-api/abc123//x/y", location{"abc123", "x", "/y"}, true},
		"aws path, no API":          {"localhost:4566", "/_aws/execute-api/", location{"", "", "/"}, true},
		"other aws path":            {"localhost:4566", "/_aws/execute-apis/abc123/dev", location{}, false},
		"user request":              {"localhost:4566", "/restapis/abc123/dev/_user_request_/pets", location{"abc123", "dev", "/pets"}, true},
		"user request, root":        {"localhost:4566", "/restapis/abc123/dev/_user_request_", location{"abc123", "dev", "/"}, true},
		"user request, slash":       {"localhost:4566", "/restapis/abc123/dev/_user_request_/", location{"abc123", "dev", "/"}, true},
		"user request in path":      {"localhost:4566", "/restapis/a/dev/_user_request_/_user_request_", location{"a", "dev", "/_user_request_"}, true},
		"control: API":              {"localhost:4566", "/restapis/abc123", location{}, false},
		"control: APIs":             {"localhost:4566", "/restapis", location{}, false},
		"control: APIs, slash":      {"localhost:4566", "/restapis/", location{}, false},
		"control: stages":           {"localhost:4566", "/restapis/abc123/stages", location{}, false},
		"control: stage":            {"localhost:4566", "/restapis/abc123/stages/dev", location{}, false},
		"control: deeper":           {"localhost:4566", "/restapis/abc123/resources/r/methods/GET/_user_request_", location{}, false},
		"control: marker goes on":   {"localhost:4566", "/restapis/abc123/dev/_user_request_x", location{}, false},
		"control: marker too early": {"localhost:4566", "/restapis/abc123/_user_request_/x", location{}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ours := locate(tt.host, tt.path, "named")
			if ours != tt.ours || ours && got != tt.want {
				t.Errorf("got %+v %v, want %+v %v", got, ours, tt.want, tt.ours)
			}
		})
	}
}

func FuzzLocate(f *testing.F) {
	f.Add("abc-vpce-1.execute-api.x:1", "/dev/x")
	f.Add("localhost", "/_aws/execute-api/a/b/c")
	f.Add("localhost", "/restapis/a/b/_user_request_/c")
	f.Fuzz(func(t *testing.T, host, target string) {
		path, _ := splitTarget(target)
		if !strings.HasPrefix(path, "/") {
			t.Fatalf("path %q", path)
		}
		at, ours := locate(host, path, "")
		if ours && (!strings.HasPrefix(at.path, "/") || strings.Contains(at.stage, "/") || at.path != "/" && !strings.HasSuffix(path, at.path)) {
			t.Fatalf("%+v", at)
		}
	})
}

func TestSplitTarget(t *testing.T) {
	tests := map[string][2]string{
		"/":                  {"/", ""},
		"/a/b?c=d?e":         {"/a/b", "c=d?e"},
		"/a?":                {"/a", ""},
		"//a":                {"//a", ""},
		"/a://b":             {"/a://b", ""},
		"http://host/a?b":    {"/a", "b"},
		"http://host//a":     {"//a", ""},
		"http://host?b=/c":   {"/", "b=/c"},
		"http://host":        {"/", ""},
		"*":                  {"/", ""},
		"host:443":           {"/", ""},
		"/a?b=http://host/c": {"/a", "b=http://host/c"},
	}
	for target, want := range tests {
		if path, query := splitTarget(target); path != want[0] || query != want[1] {
			t.Errorf("%q: %q %q, want %q", target, path, query, want)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	x := newIndex(nil)
	var changes []Change
	for i := range 10_000 {
		id := "api" + string(rune('a'+i%26)) + strings.Repeat("x", i/26%10) + strings.Repeat("y", i/260)
		changes = append(changes, Change{APIID: id, Name: "dev", Stage: &snapshot.Stage{APIID: id, Name: "dev"}})
	}
	next, _ := x.plan(changes)
	x.publish(next)
	for name, url := range map[string][2]string{
		"host":       {"apiaxxx.execute-api.us-east-1.amazonaws.com", "/dev/api/v1/res1/2/items/3"},
		"upper case": {"APIaXXX.execute-api.us-east-1.amazonaws.com", "/dev/api/v1/res1/2/items/3"},
		"path":       {"127.0.0.1:4566", "/_aws/execute-api/apiaxxx/dev/api/v1/res1/2/items/3"},
		"none":       {"127.0.0.1:4566", "/restapis/apiaxxx/resources"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if at, ours := locate(url[0], url[1], ""); ours {
					if e, _ := x.find(at.api, at.stage); e == nil {
						b.Fatal("not found")
					}
				}
			}
		})
	}
}
