package lambda

import (
	"context"
	"reflect"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

type publishRequest struct {
	FunctionName string  `uri:"FunctionName" json:"-"`
	CodeSha256   string  `json:"CodeSha256"`
	Description  *string `json:"Description" max:"256"`
	RevisionID   string  `json:"RevisionId"`
	PublishTo    unsupported
}

func (s *Service) publish(ctx context.Context, c *operation.Call, in *publishRequest) (out *configuration, err error) {
	ref, f, err := s.toChange(ctx, c, in.FunctionName, in.RevisionID)
	switch {
	case err != nil:
		return nil, err
	case in.PublishTo.given:
		return nil, invalid("This server does not support PublishTo")
	case in.CodeSha256 != "" && in.CodeSha256 != f.Latest.Code.digest():
		return nil, invalid("CodeSHA256 (%.100s) is different from current CodeSHA256 in $LATEST (%s). Please try again with the CodeSHA256 in $LATEST.", in.CodeSha256, f.Latest.Code.digest())
	}
	err = s.change(ctx, ref, func(tx *records.Tx, f *function) error {
		description := f.Latest.Description
		set(&description, in.Description)
		out, err = s.publishLatest(tx, ref, f, description)
		return err
	})
	return out, err
}

// publishLatest makes $LATEST a version, unless it is as it was when the last one was
// made: then that one is told.
func (s *Service) publishLatest(tx *records.Tx, ref reference, f *function, description string) (*configuration, error) {
	if f.Last > 0 {
		v, err := versionKind.Get(tx, records.ID(ref.name, versionID(f.Last)))
		if err != nil {
			return nil, err
		}
		if v != nil && v.isLike(&f.Latest, description) {
			ref.qualifier = strconv.Itoa(f.Last)
			return tell(ref, ref.qualifier, v), nil
		}
	}
	v, err := s.addVersion(tx, ref, f, description)
	ref.qualifier = strconv.Itoa(f.Last)
	return tell(ref, ref.qualifier, &v), err
}

// isLike reports whether a version says what another one does.
func (v *version) isLike(other *version, description string) bool {
	a, b := *v, *other
	a.Modified, a.Revision = "", ""
	b.Modified, b.Revision, b.Description = "", "", description
	return reflect.DeepEqual(a, b)
}

// versionOf reads the version of a number, nil where there is none. A number has one form:
// 01 is none.
func versionOf(tx *records.Tx, ref reference, number string) (*version, error) {
	n, err := strconv.Atoi(number)
	if err != nil || strconv.Itoa(n) != number {
		return nil, nil
	}
	return versionKind.Get(tx, records.ID(ref.name, versionID(n)))
}

// addVersion makes $LATEST the next version.
func (s *Service) addVersion(tx *records.Tx, ref reference, f *function, description string) (version, error) {
	v := f.Latest
	v.Revision, v.Description = newRevision(), description
	if v.Code.Dir != "" {
		return v, invalid("A function that runs the code of a directory (S3Bucket %s) has no versions, since what is in the directory changes", localDirectory)
	}
	n, err := versionKind.Count(tx, records.Prefix(ref.name))
	if err != nil {
		return v, err
	}
	if n >= maxVersions {
		return v, tooMany("This server keeps 1000 versions of a function, and no more")
	}
	f.Last++
	if err := s.claim(tx, &v.Code, ref.name, versionID(f.Last)); err != nil {
		return v, err
	}
	return v, versionKind.Put(tx, records.ID(ref.name, versionID(f.Last)), &v)
}

type listVersionsRequest struct {
	FunctionName string `uri:"FunctionName" json:"-"`
	Marker       string `query:"Marker" json:"-"`
	MaxItems     int    `query:"MaxItems" json:"-" min:"1" max:"10000"`
}

type versionsAnswer struct {
	NextMarker *string          `json:"NextMarker"`
	Versions   []*configuration `json:"Versions"`
}

// listVersions lists $LATEST and the versions in their order.
func (s *Service) listVersions(ctx context.Context, c *operation.Call, in *listVersionsRequest) (*versionsAnswer, error) {
	ref, err := parse(c, in.FunctionName, "")
	if err != nil {
		return nil, err
	}
	ref.qualifier = ""
	out := &versionsAnswer{Versions: []*configuration{}}
	err = s.read(ctx, ref, func(tx *records.Tx, f *function) error {
		left, after := pageSize(in.MaxItems), ""
		if n, err := strconv.Atoi(in.Marker); err == nil {
			after = records.ID(ref.name, versionID(n))
		} else if in.Marker != "" {
			return invalid("The marker is none of this list")
		} else {
			ref.qualifier = latest
			out.Versions = append(out.Versions, tell(ref, latest, &f.Latest))
			left--
		}
		if left == 0 {
			if n, err := versionKind.Count(tx, records.Prefix(ref.name)); err != nil || n == 0 {
				return err
			}
			out.NextMarker = new("0")
			return nil
		}
		items, more, err := versionKind.List(tx, records.Prefix(ref.name), after, left)
		if err != nil {
			return err
		}
		for _, v := range items {
			out.Versions = append(out.Versions, tellVersion(ref, v))
		}
		if more {
			out.NextMarker = &out.Versions[len(out.Versions)-1].Version
		}
		return nil
	})
	return out, err
}
