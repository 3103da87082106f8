package lambda

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A version is the record of one version of a function, $LATEST among them.
type version struct {
	Runtime     string            `json:"runtime,omitempty"`
	Handler     string            `json:"handler,omitempty"`
	Role        string            `json:"role"`
	Description string            `json:"description,omitempty"`
	Timeout     int               `json:"timeout"` // in seconds
	Memory      int               `json:"memory"`  // in MiB
	Environment map[string]string `json:"environment,omitempty"`
	Arch        string            `json:"arch"`
	Code        code              `json:"code"`
	Modified    string            `json:"modified"` // as LastModified has it
	Revision    string            `json:"revision"`
}

// A function is the record of a function, under its name.
type function struct {
	Latest   version           `json:"latest"`
	Last     int               `json:"last"` // number of the version that was published last; 0 for none
	Tags     map[string]string `json:"tags,omitempty"`
	Reserved *int              `json:"reserved,omitempty"` // calls at once; nil for no bound of its own
}

// An alias is the record of an alias, under the function's name and its own.
type alias struct {
	Version     string             `json:"version"`
	Description string             `json:"description,omitempty"`
	Weights     map[string]float64 `json:"weights,omitempty"` // the share of other versions; there is one at the most
	Revision    string             `json:"revision"`
}

// A resourcePolicy is the record of who may call a function under one qualifier, under
// the function's name and the qualifier, "" for none.
type resourcePolicy struct {
	Statements []statement `json:"statements"`
	Revision   string      `json:"revision"`
}

// The kinds of records. All are of an account in a region.
var (
	functionKind = records.Kind[function]{Name: "lambdafunction"}
	versionKind  = records.Kind[version]{Name: "lambdaversion"} // under the function and versionID
	aliasKind    = records.Kind[alias]{Name: "lambdaalias"}
	policyKind   = records.Kind[resourcePolicy]{Name: "lambdapolicy"}
	toldKind     = records.Kind[struct{}]{Name: "lambdatold"} // that other processes are told of a function
)

// newRevision is an id for what has changed, a UUID.
func newRevision() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// change has fn change a function's record, and what belongs to it, in a transaction.
// What is served of the function is what the records say when change returns.
func (s *Service) change(ctx context.Context, ref reference, fn func(tx *records.Tx, f *function) error) error {
	err := s.records.Write(ctx, ref.account, ref.region, func(tx *records.Tx) error {
		f, err := functionKind.Get(tx, ref.name)
		if err != nil {
			return err
		}
		if f == nil {
			return notFound(ref)
		}
		if err := fn(tx, f); err != nil {
			return err
		}
		return putFunction(tx, ref, f)
	})
	if err != nil {
		return err
	}
	return s.load(ctx, ref)
}

// putFunction writes a function's record, and tells every process that runs functions of the
// change: of it and of all that belongs to it.
func putFunction(tx *records.Tx, ref reference, f *function) error {
	if err := functionKind.Put(tx, ref.name, f); err != nil {
		return err
	}
	return tellChange(tx, ref)
}

func tellChange(tx *records.Tx, ref reference) error {
	if err := toldKind.Put(tx, ref.name, new(struct{})); err != nil {
		return err
	}
	return tx.Publish(snapshot.ServedFunction, ref.arn(), &snapshot.Function{ARN: ref.arn(), Change: newRevision()})
}

// read calls fn with a function's record.
func (s *Service) read(ctx context.Context, ref reference, fn func(tx *records.Tx, f *function) error) error {
	return s.records.Read(ctx, ref.account, ref.region, func(tx *records.Tx) error {
		f, err := functionKind.Get(tx, ref.name)
		if err != nil {
			return err
		}
		if f == nil {
			return notFound(ref)
		}
		return fn(tx, f)
	})
}
