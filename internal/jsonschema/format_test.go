package jsonschema

import (
	"strings"
	"testing"
)

func TestFormats(t *testing.T) {
	tests := map[string]struct{ good, bad []string }{
		"date-time": {
			[]string{"2026-11-22T10:00:00Z", "2026-02-28T23:59:59.123456789012Z", "1996-12-19T16:39:57-08:00", "1996-12-19T16:39:57.1+0830", "2026-11-22t10:00:00z"},
			[]string{"", "2026-11-22", "2026-11-22T10:00:00", "2026-02-30T10:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T10:00:00.Z", "2026-11-22T10:00:00.1234567890123Z", "2026-11-22T10:00:00+1", "2026-11-22T10:00:00+25:00", "2026-11-22 10:00:00Z", "2026-11-22T10:00:00ZZ"},
		},
		"email":        {[]string{"a@b", "a.b+c@d.example", `"a b"@c`, "a@[192.0.2.1]", "ä@ö.example"}, []string{"", "a", "@b", "a@", "a b@c", "a..b@c", ".a@b", "a.@b", "a@.b", "a@b.", "a@b c", "a@b_c", "a@b@c"}},
		"hostname":     {[]string{"a", "a.b-c.example", "a.example.", "ä.example", "1.a"}, []string{"", ".", "a..b", "-a", "a-", "a b", "a.1", strings.Repeat("a", 64), strings.Repeat("a.", 127) + "a"}},
		"ipv4":         {[]string{"192.0.2.1"}, []string{"", "192.0.2", "192.0.2.256", "192.0.2.01", "::1"}},
		"ipv6":         {[]string{"::1", "2001:db8::192.0.2.1"}, []string{"", "192.0.2.1", "::1%eth0", "[::1]"}},
		"regex":        {[]string{"", "^(?=a)b$"}, []string{"(", "[", strings.Repeat("a", maxRegexp+1)}},
		"uri":          {[]string{"", "http://a.example/b?c#d", "urn:x:y", "../a", "mailto:a@b", "http://ä.example/"}, []string{"a b", "http://a|b", "http:", "{a}", "%zz", "://"}},
		"json-pointer": {[]string{"", "/", "/a~0b/~1"}, []string{"a", "/a~", "/a~2"}},
		"mac":          {[]string{"00:1A:2b:33:44:55"}, []string{"", "00-1A-2b-33-44-55", "00:1A:2b:33:44:5", "0:01:A2:b3:34:45:5"}},
		"uuid":         {[]string{"0a1b2c3d-0000-4000-8000-000000000001", "1-2-3-4-5"}, []string{"", "0a1b2c3d00004000800000000000001", "g-2-3-4-5", "1-2-3-4-", "1-2-3-4-5-6"}},
		"base64":       {[]string{"", "QQ==", "QUI=", "QUJD", "+/+/"}, []string{"Q", "QQ=", "Q===", "QQ=a", "____"}},
		"md5":          {[]string{strings.Repeat("aB", 16)}, []string{"", strings.Repeat("g", 32)}},
		"sha1":         {[]string{strings.Repeat("0", 40)}, []string{strings.Repeat("0", 41)}},
		"sha256":       {[]string{strings.Repeat("0", 64)}, []string{strings.Repeat("0", 63)}},
		"sha512":       {[]string{strings.Repeat("0", 128)}, []string{strings.Repeat("0", 64)}},
	}
	for name, tt := range tests {
		check := formatNamed(name)
		for _, text := range tt.good {
			if why := check(text); why != "" {
				t.Errorf("%s %q: %s", name, text, why)
			}
		}
		for _, text := range tt.bad {
			if check(text) == "" {
				t.Errorf("%s %q is taken", name, text)
			}
		}
	}
	for _, name := range []string{"date", "int32", "password", "byte", ""} {
		if formatNamed(name) != nil {
			t.Errorf("%s is no format of draft 4", name)
		}
	}
}
