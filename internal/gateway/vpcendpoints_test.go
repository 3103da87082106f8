package gateway

import (
	"net/netip"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// wayOf answers with the VPC endpoint by which the request has come.
func wayOf(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
	text := req.Path + " by "
	if by := req.VPCEndpoint; by != nil {
		text += by.ID + " of " + by.VPC
	}
	return &httpmsg.Response{Status: 200, Body: []byte(text)}
}

func networks(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// TestVPCEndpointNetworks tells by the client's address by which VPC endpoint it calls.
// Nothing that the client says counts.
func TestVPCEndpointNetworks(t *testing.T) {
	s := open(t, Options{
		TrustedProxies: networks("127.0.0.0/8"),
		VPCEndpoints: []VPCEndpoint{
			{&httpmsg.VPCEndpoint{ID: "vpce-wide", VPC: "vpc-1"}, networks("10.0.0.0/8", "2001:db8::/32")},
			{&httpmsg.VPCEndpoint{ID: "vpce-narrow", VPC: "vpc-2"}, networks("10.1.0.0/16")},
		},
	}, wayOf)
	const wide, narrow, none = "/x by vpce-wide of vpc-1", "/x by vpce-narrow of vpc-2", "/x by "
	for name, tt := range map[string]struct{ header, want string }{
		"an address of it":                {"X-Forwarded-For: 10.2.0.1\r\n", wide},
		"one of a network in it":          {"X-Forwarded-For: 10.1.0.1\r\n", narrow},
		"IPv6":                            {"X-Forwarded-For: 2001:DB8::1\r\n", wide},
		"IPv4 as IPv6":                    {"X-Forwarded-For: ::ffff:10.2.0.1\r\n", wide},
		"IPv4 as IPv6 in hexadecimal":     {"X-Forwarded-For: ::ffff:0a02:1\r\n", wide},
		"an address of none":              {"X-Forwarded-For: 192.0.2.1\r\n", none},
		"no address":                      {"X-Forwarded-For: 10.2.0.1.example\r\n", none},
		"an address with zeros in front":  {"X-Forwarded-For: 010.2.0.1\r\n", none},
		"an address said before the last": {"X-Forwarded-For: 10.2.0.1, 192.0.2.1\r\n", none},
		"the proxy's own":                 {"", none},
		"a header with the id":            {"X-Vpce-Id: vpce-wide\r\nX-Amz-Vpce-Id: vpce-wide\r\nX-Forwarded-For: 192.0.2.1\r\n", none},
		"another header with an address":  {"Forwarded: for=10.2.0.1\r\nX-Real-IP: 10.2.0.1\r\nX-Forwarded-For: 192.0.2.1\r\n", none},
	} {
		t.Run(name, func(t *testing.T) {
			for _, host := range []string{"abc123.execute-api.localhost", "abc123-vpce-wide.execute-api.localhost"} {
				resp, body := s.call(t, "GET /dev/x HTTP/1.1\r\nHost: "+host+"\r\n"+tt.header+"\r\n")
				if resp.StatusCode != 200 || body != tt.want {
					t.Errorf("%s: got %d %s, want %s", host, resp.StatusCode, body, tt.want)
				}
			}
		})
	}
	s.SetVPCEndpoints(nil)
	if _, body := s.call(t, "GET /dev/x HTTP/1.1\r\nHost: abc123.execute-api.localhost\r\nX-Forwarded-For: 10.2.0.1\r\n\r\n"); body != none {
		t.Errorf("without VPC endpoints: %s", body)
	}
}

// TestAPIHeader finds the API of a call by x-apigw-api-id: at the hosts of VPC endpoints,
// and at their listeners whatever the host.
func TestAPIHeader(t *testing.T) {
	by := &httpmsg.VPCEndpoint{ID: "vpce-1", VPC: "vpc-1"}
	shared, own := open(t, Options{}, wayOf), openAs(t, Options{}, Entrance{VPCEndpoint: by}, wayOf)
	const dns, id = "vpce-1-xyz.execute-api.us-east-1.vpce.amazonaws.com", "x-apigw-api-id: abc123\r\n"
	unknown := func(api string) string {
		return `{"message": "The API id '` + api + `' does not correspond to a deployed API Gateway API"}`
	}
	for name, tt := range map[string]struct{ target, host, header, shared, own string }{
		"the VPC endpoint's host":      {"/dev/x", dns, id, "/x by ", "/x by vpce-1 of vpc-1"},
		"upper case":                   {"/dev/x", dns, "X-APIGW-API-ID: ABC123\r\n", "/x by ", "/x by vpce-1 of vpc-1"},
		"no header":                    {"/dev/x", dns, "", unknown(""), unknown("")},
		"two headers":                  {"/dev/x", dns, id + id, unknown(""), unknown("")},
		"another API":                  {"/dev/x", dns, "x-apigw-api-id: zzz\r\n", unknown("zzz"), unknown("zzz")},
		"no id":                        {"/dev/x", dns, "x-apigw-api-id: ../abc123\r\n", unknown("../abc123"), unknown("../abc123")},
		"an address for a host":        {"/dev/x", "10.0.0.1:4570", id, forbiddenBody, "/x by vpce-1 of vpc-1"},
		"the host names another":       {"/dev/x", "zzz.execute-api.localhost", id, unknown("zzz"), unknown("zzz")},
		"the path names another":       {"/_aws/execute-api/zzz/dev/x", "localhost", id, unknown("zzz"), unknown("zzz")},
		"a path of the control plane":  {"/restapis/abc123/stages", "localhost", id, forbiddenBody, forbiddenBody},
		"no stage of that name":        {"/nope/x", dns, id, forbiddenBody, forbiddenBody},
		"the host names both":          {"/dev/x", "abc123-vpce-1.execute-api.localhost", "", "/x by ", "/x by vpce-1 of vpc-1"},
		"the host names it, by itself": {"/dev/x", "abc123.execute-api.localhost", "", "/x by ", "/x by vpce-1 of vpc-1"},
	} {
		t.Run(name, func(t *testing.T) {
			for s, want := range map[*site]string{shared: tt.shared, own: tt.own} {
				if _, body := s.call(t, "GET "+tt.target+" HTTP/1.1\r\nHost: "+tt.host+"\r\n"+tt.header+"\r\n"); body != want {
					t.Errorf("own listener %t: got %s, want %s", s == own, body, want)
				}
			}
		})
	}
}
