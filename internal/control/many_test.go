package control_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// grow adds n resources with a GET like the first one's to the API, without the
// operations: by them it would take minutes.
func (l *load) grow(n int) {
	l.Helper()
	l.growBelow(*must(l.GetRestAPI(ctx(), who, &wire.GetRestAPIRequest{RestAPIID: l.api}))(l).RootResourceID, n)
	for i := range n {
		l.ids = append(l.ids, fmt.Sprintf("%06x", i*0x9e3779%(1<<24)))
	}
}

// growBelow adds n resources below one of the API.
func (l *load) growBelow(parent string, n int) {
	l.Helper()
	const batch = 200 // documents of a turn, which has two seconds
	key := func(kind, id string) store.Key {
		return store.Key{Account: who.Account, Region: who.Region, Kind: kind, Parent: l.api, ID: id}
	}
	for from := 0; from < n; from += batch {
		_, err := l.store.Write(ctx(), store.Scope{}, func(tx *store.Tx) error {
			method, err := tx.Get(key("method", l.ids[0]+"/GET"))
			if err != nil {
				return err
			}
			for i := from; i < min(n, from+batch); i++ {
				id, part := fmt.Sprintf("%06x", i*0x9e3779%(1<<24)), fmt.Sprintf("more%d", i)
				resource, _ := json.Marshal(&wire.Resource{ID: &id, ParentID: &parent, PathPart: &part, Path: new("/" + part)})
				for k, doc := range map[store.Key][]byte{
					key("resource", id): resource, key("child", parent+"/"+part): []byte(`{"id":"` + id + `"}`), key("method", id+"/GET"): method,
				} {
					if err := tx.Insert(k, doc); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			l.Fatal(err)
		}
	}
}

// BenchmarkMany shows that what a call costs does not depend on how much is
// stored: neither in the API that it is about, nor in another.
func BenchmarkMany(b *testing.B) {
	page := base64.RawURLEncoding.EncodeToString([]byte("1:800000")) // half of the ids are below
	for _, stored := range []int{1000, 100_000} {
		l := newLoad(b, b.TempDir(), 100)
		l.grow(stored)
		small, _ := l.build(100)
		bench := func(name string, call func()) {
			b.Run(fmt.Sprintf("%s/resources=%d", name, stored), func(b *testing.B) {
				l.TB = b
				measure(b, call)
			})
		}
		put := 0
		bench("PutMethodResponse", func() {
			l.putNext(put * 7919)
			put++
		})
		made := 0
		bench("CreateResource", func() {
			l.call("POST", "/restapis/"+l.api+"/resources/"+l.ids[made%len(l.ids)], fmt.Sprintf(`{"pathPart": "sub%d"}`, made), 201)
			made++
		})
		resources := "/restapis/" + l.api + "/resources?limit=400&position=" + page
		bench("GetResources", func() { l.call("GET", resources, "", 200) })
		bench("GetResources/embedded", func() { l.call("GET", resources+"&embed=methods", "", 200) })
		bench("CreateDeployment/elsewhere", func() { l.call("POST", "/restapis/"+small+"/deployments", "{}", 201) })
	}
}
