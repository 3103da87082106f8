package lambda

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A functionAnswer is the answer of GetFunction. Where the code can be downloaded it does
// not say.
type functionAnswer struct {
	Configuration *configuration     `json:"Configuration"`
	Code          codeAnswer         `json:"Code"`
	Tags          map[string]string  `json:"Tags,omitempty"`
	Concurrency   *concurrencyAnswer `json:"Concurrency,omitempty"`
}

type codeAnswer struct {
	RepositoryType string `json:"RepositoryType"`
}

func (s *Service) get(ctx context.Context, c *operation.Call, in *functionRequest) (*functionAnswer, error) {
	ref, err := parse(c, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	out := &functionAnswer{Code: codeAnswer{"S3"}}
	err = s.read(ctx, ref, func(tx *records.Tx, f *function) error {
		if out.Configuration, err = describe(tx, ref, f); err != nil {
			return err
		}
		if ref.qualifier == "" {
			out.Tags = f.Tags
			if f.Reserved != nil {
				out.Concurrency = &concurrencyAnswer{f.Reserved}
			}
		}
		return nil
	})
	return out, err
}

func (s *Service) getConfiguration(ctx context.Context, c *operation.Call, in *functionRequest) (out *configuration, err error) {
	ref, err := parse(c, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	err = s.read(ctx, ref, func(tx *records.Tx, f *function) error {
		out, err = describe(tx, ref, f)
		return err
	})
	return out, err
}

// describe tells the version that a qualifier names.
func describe(tx *records.Tx, ref reference, f *function) (*configuration, error) {
	number := ref.qualifier
	if number != "" && number != latest && !isNumber(number) {
		a, err := aliasKind.Get(tx, records.ID(ref.name, number))
		if err != nil {
			return nil, err
		}
		if a == nil {
			return nil, notFound(ref)
		}
		number = a.Version
	}
	if number == "" || number == latest {
		return tell(ref, latest, &f.Latest), nil
	}
	v, err := versionOf(tx, ref, number)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, notFound(ref)
	}
	return tell(ref, number, v), nil
}

type listRequest struct {
	FunctionVersion string `query:"FunctionVersion" json:"-" enum:"ALL"`
	Marker          string `query:"Marker" json:"-"`
	MaxItems        int    `query:"MaxItems" json:"-" min:"1" max:"10000"`
}

type listAnswer struct {
	NextMarker *string          `json:"NextMarker"`
	Functions  []*configuration `json:"Functions"`
}

// page is how many things a page of a list has at the most, as at Lambda.
const page = 50

func pageSize(asked int) int {
	if asked == 0 {
		return page
	}
	return min(asked, page)
}

// list lists the functions in the order of their names, with FunctionVersion ALL all
// their versions.
func (s *Service) list(ctx context.Context, c *operation.Call, in *listRequest) (*listAnswer, error) {
	out := &listAnswer{Functions: []*configuration{}}
	err := s.records.Read(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		if in.FunctionVersion == "ALL" {
			all := &everyVersion{tx: tx, of: reference{account: c.Who.Account, region: c.Who.Region}, left: pageSize(in.MaxItems)}
			err := all.list(in.Marker)
			out.Functions = append(out.Functions, all.versions...)
			if all.left == 0 {
				last := all.versions[len(all.versions)-1]
				out.NextMarker = new(last.FunctionName + ":" + last.Version)
			}
			return err
		}
		items, more, err := functionKind.List(tx, "", in.Marker, pageSize(in.MaxItems))
		if err != nil {
			return err
		}
		for _, item := range items {
			ref := reference{account: c.Who.Account, region: c.Who.Region, name: item.ID}
			out.Functions = append(out.Functions, tell(ref, latest, &item.Record.Latest))
		}
		if more {
			out.NextMarker = &items[len(items)-1].ID
		}
		return nil
	})
	return out, err
}

// An everyVersion lists a page of the versions of all functions.
type everyVersion struct {
	tx       *records.Tx
	of       reference // account and region
	left     int       // versions that the page has room for
	versions []*configuration
}

// list lists what is behind a marker, which is the last version of the page before,
// NAME:VERSION; "" is the beginning.
func (e *everyVersion) list(marker string) error {
	name, number, _ := strings.Cut(marker, ":")
	if number != "" {
		f, err := functionKind.Get(e.tx, name)
		if err == nil && f != nil {
			err = e.add(name, number)
		}
		if err != nil {
			return err
		}
	}
	functions, _, err := functionKind.List(e.tx, "", name, max(1, e.left))
	for _, f := range functions {
		if err != nil || e.left == 0 {
			return err
		}
		ref := e.of
		ref.name, ref.qualifier = f.ID, latest
		e.versions = append(e.versions, tell(ref, latest, &f.Record.Latest))
		e.left--
		err = e.add(f.ID, latest)
	}
	return err
}

// add adds the numbered versions of a function behind one of its versions.
func (e *everyVersion) add(name, behind string) error {
	if e.left == 0 {
		return nil
	}
	after := ""
	if n, err := strconv.Atoi(behind); err == nil {
		after = records.ID(name, versionID(n))
	}
	numbered, _, err := versionKind.List(e.tx, records.Prefix(name), after, e.left)
	ref := e.of
	ref.name = name
	for _, v := range numbered {
		e.versions = append(e.versions, tellVersion(ref, v))
		e.left--
	}
	return err
}

// tellVersion is a numbered version of a list.
func tellVersion(ref reference, v records.Item[version]) *configuration {
	n, _ := strconv.Atoi(records.Last(v.ID))
	ref.qualifier = strconv.Itoa(n)
	return tell(ref, ref.qualifier, v.Record)
}

func (s *Service) delete(ctx context.Context, c *operation.Call, in *functionRequest) (*operation.Nothing, error) {
	ref, err := parse(c, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	switch {
	case ref.qualifier == latest:
		return nil, invalid("$LATEST version cannot be deleted without deleting the function.")
	case ref.qualifier != "" && !isNumber(ref.qualifier):
		return nil, invalid("Deletion of aliases is not currently supported.")
	}
	err = s.records.Write(ctx, ref.account, ref.region, func(tx *records.Tx) error {
		f, err := functionKind.Get(tx, ref.name)
		switch {
		case err != nil:
			return err
		case f == nil:
			return notFound(ref)
		case ref.qualifier != "":
			return errors.Join(s.deleteVersion(tx, ref), tellChange(tx, ref))
		}
		return s.deleteAll(tx, ref, f)
	})
	if err != nil {
		return nil, err
	}
	return new(operation.Nothing), s.load(ctx, ref)
}

// deleteAll removes a function with all that belongs to it.
func (s *Service) deleteAll(tx *records.Tx, ref reference, f *function) error {
	numbered, _, err := versionKind.List(tx, records.Prefix(ref.name), "", 0)
	if err != nil {
		return err
	}
	for _, v := range numbered {
		if err := s.release(tx, &v.Record.Code, ref.name, records.Last(v.ID)); err != nil {
			return err
		}
	}
	if err := s.release(tx, &f.Latest.Code, ref.name, latest); err != nil {
		return err
	}
	for _, remove := range []func(*records.Tx, string) error{versionKind.DeletePrefix, aliasKind.DeletePrefix, policyKind.DeletePrefix} {
		if err := remove(tx, records.Prefix(ref.name)); err != nil {
			return err
		}
	}
	if err := errors.Join(toldKind.Delete(tx, ref.name), tx.Retract(snapshot.ServedFunction, ref.arn())); err != nil {
		return err
	}
	return functionKind.Delete(tx, ref.name)
}

// deleteVersion removes a version that no alias leads to.
func (s *Service) deleteVersion(tx *records.Tx, ref reference) error {
	v, err := versionOf(tx, ref, ref.qualifier)
	if err != nil || v == nil {
		return err // one that is gone is no error
	}
	n, _ := strconv.Atoi(ref.qualifier)
	named, _, err := aliasKind.List(tx, records.Prefix(ref.name), "", 0)
	if err != nil {
		return err
	}
	for _, a := range named {
		if _, weighted := a.Record.Weights[ref.qualifier]; weighted || a.Record.Version == ref.qualifier {
			return conflict("Version %s is in use by alias %s", ref.qualifier, records.Last(a.ID))
		}
	}
	if err := s.release(tx, &v.Code, ref.name, versionID(n)); err != nil {
		return err
	}
	if err := policyKind.Delete(tx, records.ID(ref.name, ref.qualifier)); err != nil {
		return err
	}
	return versionKind.Delete(tx, records.ID(ref.name, versionID(n)))
}

// codeSigning tells that code is not signed here.
func (s *Service) codeSigning(ctx context.Context, c *operation.Call, in *functionRequest) (*signingAnswer, error) {
	ref, err := parse(c, in.FunctionName, "")
	if err != nil {
		return nil, err
	}
	return &signingAnswer{FunctionName: ref.name}, s.read(ctx, ref, func(*records.Tx, *function) error { return nil })
}

type signingAnswer struct {
	CodeSigningConfigARN string `json:"CodeSigningConfigArn"`
	FunctionName         string `json:"FunctionName"`
}

// tooMany is the error for what there may not be more of.
func tooMany(text string) error {
	return &wire.Error{Status: http.StatusBadRequest, Type: "CodeStorageExceededException", Message: text}
}
