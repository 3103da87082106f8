package gateway

import "testing"

func TestBases(t *testing.T) {
	g := New(Options{})
	if at, ok := g.based("/orders"); ok {
		t.Errorf("without bases: %v", at)
	}
	g.SetBases([]Base{{"", "all", "prod"}, {"/orders", "orders", "v1"}, {"/orders/old", "old", "v0"}})
	for path, want := range map[string]location{
		"/orders":           {"orders", "v1", "/"},
		"/orders/":          {"orders", "v1", "/"},
		"/orders/7%2F8":     {"orders", "v1", "/7%2F8"},
		"/orders/old/7":     {"old", "v0", "/7"},
		"/orders/older":     {"orders", "v1", "/older"},
		"/orderssomething":  {"all", "prod", "/orderssomething"},
		"/Orders":           {"all", "prod", "/Orders"},
		"/%6Frders":         {"all", "prod", "/%6Frders"},
		"//orders":          {"all", "prod", "//orders"},
		"/":                 {"all", "prod", "/"},
		"/_gatehouse/ready": {},
	} {
		if at, ok := g.based(path); at != want || ok != (want != location{}) {
			t.Errorf("%s: %v %t", path, at, ok)
		}
	}
}
