package logpattern

import (
	"strings"
	"testing"
)

const (
	trail = `{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],"objectList":[{"name":"a","id":1},{"name":"b","id":2}],` +
		`"SomeObject":null,"cluster.name":"c","errorCode":400,"latency":49.5,"number":[1000],"ok":true,"user":{"id":1,"email":"John.Stiles@example.com"},` +
		`"users":[{"id":2,"email":"John.Doe@example.com"}],"actions":["GET","PUT","DELETE"],"coordinates":[[0,1,2],[4,5,6]]}`
	access = `127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`
)

// The documented examples, and what is near them.
func TestMatch(t *testing.T) {
	t.Parallel()
	for pattern, messages := range map[string]map[string]bool{
		``:                          {"": true, "anything": true},
		`" "`:                       {"anything": true},
		`ERROR`:                     {"[ERROR 400] BAD REQUEST": true, "[INFO] fine": false, "error": false},
		`ERROR ARGUMENTS`:           {"[ERROR 419] MISSING ARGUMENTS": true, "[ERROR 400] BAD REQUEST": false},
		`?ERROR ?ARGUMENTS`:         {"[ERROR 400]": true, "MISSING ARGUMENTS": true, "REQUEST": false},
		`?ERROR ?ARGUMENTS REQUEST`: {"[INFO] REQUEST FAILED": true, "ERROR": false},
		`"INTERNAL SERVER ERROR"`:   {"[ERROR 500] INTERNAL SERVER ERROR": true, "INTERNAL ERROR": false},
		`ERROR -ARGUMENTS`:          {"[ERROR 400] BAD REQUEST": true, "[ERROR 419] MISSING ARGUMENTS": false},
		`-"a b"`:                    {"a b": false, "ab": true},
		`"say \"hi\""`:              {`say "hi"`: true, "say hi": false},
		`%AUTHORIZED%`:              {"UNAUTHORIZED REQUEST": true, "REQUEST": false},
		`%^[hc]at%`:                 {"hat": true, "that": false},
		`%a{3,5}b{,2}\x28%`:         {"aaa(": true, "aa(": false},
		`%\d+ ms$%`:                 {"took 15 ms": true, "took ms": false},

		`{ $.eventType = "UpdateTrail" }`:        {trail: true, `{"eventType":"x"}`: false, "UpdateTrail": false, `{"eventType":`: false},
		`{ $.eventType = Update* }`:              {trail: true},
		`{ $.eventType = "*ate*ail" }`:           {trail: true},
		`{ $.sourceIPAddress != 123.123.* }`:     {trail: true, `{"sourceIPAddress":"123.123.1.1"}`: false, `{}`: false},
		`{ $.arrayKey[0] = "value" }`:            {trail: true},
		`{ $.arrayKey[1] = "value" }`:            {trail: false},
		`{ $.arrayKey = "value" }`:               {trail: false},
		`{ $.eventType = %Trail% }`:              {trail: true},
		`{ $.arrayKey[*] = %val.{2}% }`:          {trail: true},
		`{ $.* = %111\.111\.111\.1[0-9]{1,2}% }`: {trail: true},
		`{ $.['cluster.name'] = "c" }`:           {trail: true},
		`{ $.SomeObject IS NULL }`:               {trail: true, `{}`: false},
		`{ $.ok IS TRUE }`:                       {trail: true},
		`{ $.ok IS FALSE }`:                      {trail: false},
		`{ $.SomeOtherObject NOT EXISTS }`:       {trail: true},
		`{ $.user NOT EXISTS }`:                  {trail: false},
		`{ $.errorCode = 400}`:                   {trail: true, `{"errorCode":400.0}`: true, `{"errorCode":"400"}`: true, `{"errorCode":401}`: false},
		`{ $.errorCode != 500 }`:                 {trail: true},
		`{ $.errorCode = 4* }`:                   {trail: true},
		`{ $.latency < 50 }`:                     {trail: true, `{"latency":"1"}`: false},
		`{ $.latency >= 49.5 }`:                  {trail: true},
		`{ $.latency > 49.5 }`:                   {trail: false},
		`{ $.number[0] = 1e+3 }`:                 {trail: true},
		`{ $.number[0] != 1e-3 }`:                {trail: true},
		`{ $.objectList[*].id = 2 }`:             {trail: true},
		`{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }`:                                              {trail: true},
		`{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch" }`:   {trail: true},
		`{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch") && $.actions[2] = "nonmatch" }`: {trail: false},
		`{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }`:                                    {trail: false},

		`[ip=%127\.0\.0\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]`:    {access: true, strings.Replace(access, "404", "200", 1): false},
		`[..., request =*.html*, status_code = 4*, bytes]`:                                                 {access: true},
		`[ip, user, username, timestamp, request =*.html*, status_code = 404 || status_code = 410, bytes]`: {access: true},
		`[ip, ..., bytes > 1000]`:        {access: true, "a b 1000": false, "a": false},
		`[w1=ERROR, w2]`:                 {"ERROR 09/25/2014 12:00:02 Failed to process request": true, "INFO x": false, "ERROR": false},
		`[w1=ERROR || w1=WARNING, w2]`:   {"WARNING x": true, "INFO x": false},
		`[w1!=ERROR && w1!=WARNING, w2]`: {"INFO x": true, "WARNING x": false},
		`[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]`: {"INFO 09/25/2014 12:00:00 GET /service/resource/67 1200": true, "INFO 09/25/2014 12:00:01 POST /service/resource/67/part/111 1310": false},
		`[a, b="x y*"]`: {"1 x y z": true, "1 x z": false},
		`[a != 1, b]`:   {"x 1": true, "1 1": false, "1.0 1": false, "2 1": true},
		`[a = "[", b]`:  {"[ [": true, "[] [": false, "] [": false},
		`[a, b]`:        {`"un closed`: true, "one": false},
	} {
		p, err := Parse(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		for message, want := range messages {
			if p.Match(message) != want {
				t.Errorf("%s: %s: got %v", pattern, message, !want)
			}
		}
	}
}

// Each comparison costs, however many fit into a pattern.
func TestCost(t *testing.T) {
	t.Parallel()
	for many, one := range map[string]string{
		`[a` + strings.Repeat(`=1||a`, 100) + `=1]`:         `[a=1]`,
		`[a` + strings.Repeat(`=x*y||a`, 100) + `=1]`:       `[a=x*y]`,
		`{$.a` + strings.Repeat(`>1||$.a`, 100) + `>1}`:     `{$.a>1}`,
		`{$.a` + strings.Repeat(`="x"||$.a`, 100) + `="x"}`: `{$.a="x"}`,
		`[a="` + strings.Repeat(`x*`, 100) + `"]`:           `[a="x*"]`,
	} {
		p, err := Parse(many)
		if err != nil {
			t.Fatal(err)
		}
		q, err := Parse(one)
		if err != nil {
			t.Fatal(err)
		}
		if p.Cost() < q.Cost()+90 {
			t.Errorf("%s costs %d, %s %d", many, p.Cost(), one, q.Cost())
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		`{ $.a = 1`:           "If a filter pattern starts with '{' it must end with '}'",
		`[a, b`:               "If a filter pattern starts with '[' it must end with ']'",
		`""`:                  `Invalid character(s) in term '""'`,
		`foo-bar`:             "Invalid character(s) in term 'foo-bar'",
		`"open`:               `Invalid character(s) in term '"open'`,
		`?`:                   "Invalid character(s) in term ''",
		`%something!%`:        "Invalid character(s) in term 'something!'",
		`%(a)%`:               "Invalid character(s) in term '(a)'",
		`%[a%`:                "'[a' is no regular expression",
		`%a{101}%`:            "more than 100 repetitions",
		`%a{60}b{60}%`:        "more than 100 repetitions",
		`%%`:                  "is empty",
		`{ }`:                 "ends too early",
		`{ $.a }`:             "ends too early",
		`{ $.a = }`:           "ends too early",
		`{ $ = 1 }`:           "unexpected '= 1'",
		`{ a = 1 }`:           "unexpected 'a = 1'",
		`{ $.a = 1 && }`:      "ends too early",
		`{ ($.a = 1 }`:        "ends too early",
		`{ $.a = 1 ) }`:       "unexpected ')'",
		`{ $.a EXISTS }`:      "unexpected 'EXISTS'",
		`{ $.a IS NOT NULL }`: "unexpected 'NOT NULL'",
		`{ $.a > x }`:         "> compares with a number, not 'x'",
		`{ $.*.* = 1 }`:       "one wildcard at the most",
		`{ $.a[-1] = 1 }`:     "unexpected '[-1] = 1'",
		`{ $.["a"] = 1 }`:     `unexpected '["a"] = 1'`,
		`{ $.a = %a% && $.b = %b% && $.c = %c% }`:                                     "more than 2 regular expressions",
		`{ ` + strings.Repeat("(", 100) + `$.a = 1` + strings.Repeat(")", 100) + ` }`: "more than 64 parentheses",
		`[..., a, ...]`:           "more than one ellipsis",
		`[a = 1 || b = 1]`:        "'b' is among the conditions of 'a'",
		`[a b]`:                   "unexpected 'b'",
		`[]`:                      "ends too early",
		strings.Repeat("a", 1025): "longer than 1024",
	} {
		_, err := Parse(pattern)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", pattern, err, want)
		}
	}
}
