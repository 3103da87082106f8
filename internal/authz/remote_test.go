package authz

import (
	"crypto/sha256"
	"errors"
	"reflect"
	"testing"
	"time"
)

// others is a Remote in memory.
type others map[[sha256.Size]byte][]byte

func (o others) Get(key [sha256.Size]byte) ([]byte, time.Duration, bool) {
	return o[key], time.Minute, true
}
func (o others) Put(key [sha256.Size]byte, data []byte, _ time.Duration) { o[key] = data }

// What a function has answered one process, another finds, whole; what cannot be read is
// as if it were not there.
func TestProcessesShareAnswers(t *testing.T) {
	const text = `{"principalId": "u<é", "usageIdentifierKey": "k", "context": {"n": 1.50, "b": true, "s": "a\u2028\"<", "": "e"},
		"policyDocument": {"Version": "2012-10-17", "Statement": [{"Action": "*", "Effect": "Allow", "Resource": ["*", "arn:aws:execute-api:*:*:a/b<&é"]}]}}`
	told, err := ReadAnswer([]byte(text), true)
	if err != nil {
		t.Fatal(err)
	}
	o := make(others)
	w := &Wanted{Key: Key{1}, TTL: time.Minute, Deadline: time.Now().Add(time.Minute)}
	load := func(ask func() (*Answer, error)) (*Answer, bool, error) {
		c := NewCache(DefaultCacheBytes)
		c.Share(o)
		answer, asked, err := c.Load(w, ask)
		if err == nil && c.Get(w.Key) != answer {
			t.Error("the answer is not kept")
		}
		return answer, asked, err
	}
	failed := errors.New("it is asked")
	if _, _, err := load(func() (*Answer, error) { return nil, failed }); err != failed || len(o) != 0 {
		t.Fatalf("got %v, and %d answers are kept", err, len(o))
	}
	if answer, asked, err := load(func() (*Answer, error) { return told, nil }); answer != told || !asked || err != nil {
		t.Fatalf("got %v, %v, %v", answer, asked, err)
	}
	got, asked, err := load(func() (*Answer, error) { return nil, failed })
	if err != nil || asked {
		t.Fatalf("got %v, asked: %v", err, asked)
	}
	if !reflect.DeepEqual(got.Context, told.Context) {
		t.Errorf("the context is %v, want %v", got.Context, told.Context)
	}
	if got.PrincipalID != told.PrincipalID || got.UsageKey != "k" || got.policy == nil {
		t.Errorf("got %+v, want %+v", got, told)
	}
	o[w.Key] = []byte(`{"policyDocument": 1}`)
	if _, asked, err := load(func() (*Answer, error) { return nil, failed }); err != failed || !asked {
		t.Errorf("got %v, asked: %v", err, asked)
	}
}
