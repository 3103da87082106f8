package lambda

import (
	"context"
	"errors"
	"net/http"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

type createRequest struct {
	settings
	FunctionName         string `required:"" min:"1" max:"140"`
	Code                 archiveInput
	Publish              bool
	PackageType          string `enum:"Zip|Image"`
	Architectures        []string
	Tags                 map[string]string
	CodeSigningConfigArn unsupported
	PublishTo            unsupported
}

// The defaults of Lambda.
const (
	defaultTimeout = 3
	defaultMemory  = 128
	defaultArch    = "x86_64"
)

// maxFunctions bounds the functions of an account in a region, and maxVersions the
// versions of one.
const (
	maxFunctions = 1000
	maxVersions  = 1000
)

func (s *Service) mayCreate(c *operation.Call, in *createRequest) []operation.Permission {
	need := onName(c, in.FunctionName)
	if in.Role != nil {
		need = append(need, operation.PassRole(*in.Role, ownPrincipal))
	}
	return need
}

// allowed refuses what makes or changes code where none may be run.
func (s *Service) allowed() error {
	if s.Refusal == "" {
		return nil
	}
	return &wire.Error{Status: http.StatusForbidden, Type: "AccessDeniedException", Message: s.Refusal}
}

func (s *Service) create(ctx context.Context, c *operation.Call, in *createRequest) (*configuration, error) {
	if err := s.allowed(); err != nil {
		return nil, err
	}
	ref, err := parse(c, in.FunctionName, "")
	if err != nil {
		return nil, err
	}
	if ref.qualifier != "" {
		return nil, invalid("The function name %.200q has a version or alias, which a new function cannot have", in.FunctionName)
	}
	v := &version{Timeout: defaultTimeout, Memory: defaultMemory, Modified: modified(c.Now), Revision: newRevision()}
	if v.Arch, err = architecture(in.Architectures, defaultArch); err != nil {
		return nil, err
	}
	if err := in.check(ref.name, v); err != nil {
		return nil, err
	}
	if err := s.checkRole(ref, v.Role); err != nil {
		return nil, err
	}
	if taken := s.find(ref); taken != nil { // before the code is looked at, as Lambda does
		return nil, conflict("Function already exist: %s", ref.name)
	}
	if v.Code, err = s.take(ctx, ref, &in.Code, v); err != nil {
		return nil, err
	}
	f := &function{Latest: *v, Tags: in.Tags}
	number, told := latest, *v
	err = s.records.Write(ctx, ref.account, ref.region, func(tx *records.Tx) error {
		f.Last, f.Latest = 0, *v
		if err := s.insert(tx, ref, f); err != nil {
			return err
		}
		if in.Publish {
			number = "1"
			told, err = s.addVersion(tx, ref, f, v.Description)
			if err != nil {
				return err
			}
		}
		return putFunction(tx, ref, f)
	})
	if err != nil {
		s.discard(ctx, ref, &v.Code)
		return nil, err
	}
	if in.Publish {
		ref.qualifier = number
	}
	return tell(ref, number, &told), s.load(ctx, ref)
}

// checkRole refuses a role that the function could not have.
func (s *Service) checkRole(ref reference, role string) error {
	switch {
	case s.Assumes == nil:
		return nil
	case accountOf(role) != ref.account:
		return wire.AccessDenied("Cross-account pass role is not allowed.")
	case !s.Assumes(role):
		return invalid("The role defined for the function cannot be assumed by Lambda.")
	}
	return nil
}

// check checks what a request says of a new function, and makes it that of its version.
func (in *createRequest) check(name string, v *version) error {
	switch {
	case in.Role == nil:
		return invalid("1 validation error detected: Value null at 'role' failed to satisfy constraint: Member must not be null")
	case in.PackageType == "Image":
		return invalid("This server does not support PackageType Image: functions are of PackageType Zip")
	case in.CodeSigningConfigArn.given:
		return invalid("This server does not support CodeSigningConfigArn")
	case in.PublishTo.given:
		return invalid("This server does not support PublishTo")
	}
	if err := in.refuse(name); err != nil {
		return err
	}
	if err := checkTags(in.Tags); err != nil {
		return err
	}
	return in.apply(v)
}

// insert checks that a function may be added, and claims its code.
func (s *Service) insert(tx *records.Tx, ref reference, f *function) error {
	was, err := functionKind.Get(tx, ref.name)
	if err != nil {
		return err
	}
	if was != nil {
		return conflict("Function already exist: %s", ref.name)
	}
	if n, err := functionKind.Count(tx, ""); err != nil {
		return err
	} else if n >= maxFunctions {
		return &wire.Error{Status: http.StatusBadRequest, Type: "CodeStorageExceededException", Message: "This server keeps 1000 functions of an account in a region, and no more"}
	}
	return s.claim(tx, &f.Latest.Code, ref.name, latest)
}

// take stores the code of a version, if this machine can run it. What is not claimed then
// is the caller's to discard.
func (s *Service) take(ctx context.Context, ref reference, in *archiveInput, v *version) (c code, err error) {
	dir, err := in.source()
	if err != nil {
		return c, err
	}
	if dir != "" {
		c = code{Dir: dir}
		return c, s.try(ctx, ref, v, c)
	}
	if len(in.ZipFile) > maxArchive {
		return c, &wire.Error{Status: http.StatusRequestEntityTooLarge, Type: "RequestEntityTooLargeException", Message: "Zipped size must be smaller than 52428800 bytes"}
	}
	if _, err := list(in.ZipFile); err != nil {
		return c, err
	}
	if c, err = s.keep(ctx, ref, in.ZipFile); err == nil {
		err = s.try(ctx, ref, v, c)
	}
	if err != nil {
		s.discard(ctx, ref, &c)
	}
	return c, err
}

// try reports why a version cannot run on this machine, with its code unpacked.
func (s *Service) try(ctx context.Context, ref reference, v *version, c code) error {
	with := *v
	with.Code = c
	ref.qualifier = latest
	r := &runnable{service: s, ref: ref, version: with, most: 1}
	config, err := r.config(ctx)
	if err != nil {
		if errors.As(err, new(*wire.Error)) {
			return err
		}
		return invalid("The code cannot be used: %s", err)
	}
	if err := s.Set.Try(config); err != nil {
		return invalid("The function cannot run on this machine: %s%s", err, otherMachine(v.Arch))
	}
	return nil
}
