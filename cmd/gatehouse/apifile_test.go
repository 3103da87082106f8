package main

import "testing"

func TestParseAPIFile(t *testing.T) {
	for text, want := range map[string]apiFile{
		"orders.yaml":                   {file: "orders.yaml", id: "orders", stage: "prod"},
		"orders.yaml=v1":                {file: "orders.yaml", id: "orders", stage: "v1"},
		"orders.yaml@/":                 {file: "orders.yaml", id: "orders", stage: "prod", based: true},
		"orders.yaml=v1@/shop/orders/":  {file: "orders.yaml", id: "orders", stage: "v1", base: "/shop/orders", based: true},
		"apis/orders/openapi.json":      {file: "apis/orders/openapi.json", id: "orders", stage: "prod"},
		"openapi.yaml":                  {file: "openapi.yaml", id: "openapi", stage: "prod"},
		"../swagger.yaml":               {file: "../swagger.yaml", id: "swagger", stage: "prod"},
		"/srv/My Orders.v2.yaml=a_b":    {file: "/srv/My Orders.v2.yaml", id: "my-orders-v2", stage: "a_b"},
		"me@example.com/pets.yaml@/pet": {file: "me@example.com/pets.yaml", id: "pets", stage: "prod", base: "/pet", based: true},
	} {
		want.text = text
		if got, err := parseAPIFile(text); err != nil || got != want {
			t.Errorf("%s: %+v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "=prod", "@/x", "a.yaml=", "a.yaml=b c", "a.yaml@//x", "a.yaml@/x/../y", "a.yaml@/.", "a.yaml@/x?y", "…"} {
		if got, err := parseAPIFile(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
