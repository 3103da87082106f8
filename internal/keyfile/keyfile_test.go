package keyfile

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := map[string]struct {
		body string
		want []Record
		err  string
	}{
		"AWS's example": {"Key,name\napikey1234abcdefghij0123456789,MyFirstApiKey\n", []Record{{Value: "apikey1234abcdefghij0123456789", Name: "MyFirstApiKey", Enabled: true}}, ""},
		"all columns": {"Name,key,description,Enabled,usageplanIds\na,k,An imported key,TRUE,c7y23b",
			[]Record{{Name: "a", Value: "k", Description: "An imported key", Enabled: true, Plans: []string{"c7y23b"}}}, ""},
		"quotation marks": {"Enabled,Name,key,UsageplanIds\nfalse,\"a, \"\"b\"\"\nc\" ,k,\"c7y23b,glvrsr\"\r\n",
			[]Record{{Name: "a, \"b\"\nc", Value: "k", Plans: []string{"c7y23b", "glvrsr"}}}, ""},
		"apostrophes":            {"key,name,usageplanids\nk,'Bob's, really' ,'a, b'\n", []Record{{Value: "k", Name: "Bob's, really", Enabled: true, Plans: []string{"a", "b"}}}, ""},
		"apostrophes in a name":  {"key,name\nk,O'Neil\nl,'tis\nm,'tis 'twas x\n", []Record{{Value: "k", Name: "O'Neil", Enabled: true}, {Value: "l", Name: "'tis", Enabled: true}, {Value: "m", Name: "'tis 'twas x", Enabled: true}}, ""},
		"unclear":                {"key,name,enabled\nk,a,yess\nl,b,FALSE\n", []Record{{Value: "k", Name: "a", Unclear: true}, {Value: "l", Name: "b"}}, ""},
		"blanks":                 {"\ufeff \r\n key ,\tname , \r\n\r\n k , a b ,x\n\n", []Record{{Value: "k", Name: "a b", Enabled: true}}, ""},
		"cells that are missing": {"description,enabled,name,key\n,,,k\nd\n", []Record{{Value: "k", Enabled: true}, {Description: "d", Enabled: true}}, ""},
		"more cells than names":  {"key,name\nk,a,b,c", []Record{{Value: "k", Name: "a", Enabled: true}}, ""},
		"a name twice":           {"key,name,KEY\nk,a,l", []Record{{Value: "k", Name: "a", Enabled: true}}, ""},
		"no records":             {"key,name", nil, ""},
		"nothing":                {"", nil, "Missing required column 'Key'"},
		"no key":                 {"name\na", nil, "Missing required column 'Key'"},
		"no name":                {"Key\na", nil, "Missing required column 'Name'"},
		"not UTF-8":              {"key,name\n\xff,a", nil, "Invalid API key file: it is not UTF-8"},
		"many columns":           {strings.Repeat(",", maxColumns), nil, "Invalid API key file: a line has more than 64 columns"},
		"many records":           {"key,name" + strings.Repeat("\nk,a", maxRecords+1), nil, "Invalid API key file: it has more than 10000 records"},
		"an open mark":           {"key,name\nk,\"a", nil, "Invalid API key file: a quotation mark is not closed"},
		"text behind a mark":     {"key,name\nk,\"a\"b", nil, "Invalid API key file: there is text behind a closing quotation mark"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(tt.body))
			if tt.err != "" || err != nil {
				if err == nil || err.Error() != "BadRequestException: "+tt.err {
					t.Errorf("got error %v, want %s", err, tt.err)
				}
				return
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error("-want +got", d)
			}
		})
	}
}

// Whatever a file says is read or refused, within its bounds; what records say
// stands in the file, and errors do not repeat it.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"Key,name\nk,a\n", "Name,key,description,Enabled,usageplanIds\na,k,d,TRUE,\"b,c\"", "key,name\n'a,b',\"c\"\"d\"\r\n",
		"key,name,usageplanids\nk,'a' b','c, d' \n", "\ufeffkey,name\n\"\n\",\n", "key,name\n\"a\"b", strings.Repeat(",", 70), "key,name\n'','',",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		records, err := Parse(body)
		if err != nil {
			if len(err.Error()) > 100 {
				t.Errorf("a long error: %v", err)
			}
			return
		}
		if len(records) > maxRecords {
			t.Errorf("%d records", len(records))
		}
		size := 0
		for _, r := range records {
			for _, text := range append(r.Plans, r.Name, r.Value, r.Description) {
				size += len(text)
				if !utf8.ValidString(text) {
					t.Errorf("%q", text)
				}
			}
			if len(r.Plans) > MaxPlans+1 {
				t.Errorf("%d plans", len(r.Plans))
			}
		}
		if size > len(body) {
			t.Errorf("%d bytes say %d", len(body), size)
		}
	})
}
