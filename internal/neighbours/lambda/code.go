package lambda

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A code is what a version runs: an archive that is kept, or a local directory.
type code struct {
	SHA  string `json:"sha,omitempty"` // of the archive, SHA-256 in hexadecimal
	Size int    `json:"size"`          // of the archive, in bytes
	Dir  string `json:"dir,omitempty"` // the local directory, in place of an archive
}

// digest is the code's CodeSha256. That of a directory is of its path, since what is in
// it changes.
func (c *code) digest() string {
	sum, err := hex.DecodeString(c.SHA)
	if c.Dir != "" || err != nil {
		of := sha256.Sum256([]byte("directory " + c.Dir))
		sum = of[:]
	}
	return base64.StdEncoding.EncodeToString(sum)
}

// A chunk is a part of an archive. Archives are written in parts, each in a transaction
// of its own, so that no other write waits for a long one.
type chunk struct {
	Data []byte `json:"data"`
}

// A use says that a version has an archive. An archive is dropped with its last use.
type use struct{}

// A storage is how much the archives of an account in a region have in all.
type storage struct {
	Bytes int64 `json:"bytes"`
}

var (
	chunkKind   = records.Kind[chunk]{Name: "lambdacode"}      // under the archive's SHA and the chunk's number
	useKind     = records.Kind[use]{Name: "lambdacodeuse"}     // under the archive's SHA, the function and the version
	storageKind = records.Kind[storage]{Name: "lambdastorage"} // one record, storageID
)

const (
	chunkSize  = 512 << 10
	storageID  = "code"
	maxStorage = 2 << 30 // of an account in a region, in bytes
)

// keep stores an archive, whose code is claimed then, or dropped by discard. What a crash
// leaves without either goes at the next start.
func (s *Service) keep(ctx context.Context, ref reference, archive []byte) (code, error) {
	sum := sha256.Sum256(archive)
	c := code{SHA: hex.EncodeToString(sum[:]), Size: len(archive)}
	for n := 0; n*chunkSize < len(archive); n++ {
		part := archive[n*chunkSize : min(len(archive), (n+1)*chunkSize)]
		err := s.records.Write(ctx, ref.account, ref.region, func(tx *records.Tx) error {
			return chunkKind.Put(tx, records.ID(c.SHA, fmt.Sprintf("%05d", n)), &chunk{part})
		})
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

// discard drops an archive, with what is unpacked of it, that a request has brought in
// vain, unless a version has the same. Where another request is about to claim the same
// it has to be made again, see claim.
func (s *Service) discard(ctx context.Context, ref reference, c *code) {
	if c.SHA == "" {
		return
	}
	err := s.records.Write(context.WithoutCancel(ctx), ref.account, ref.region, func(tx *records.Tx) error {
		if used, err := useKind.Count(tx, records.Prefix(c.SHA)); err != nil || used > 0 {
			return err
		}
		return chunkKind.DeletePrefix(tx, records.Prefix(c.SHA))
	})
	if err != nil {
		s.Log.Error("an archive that no function has stays until the next start", "function", ref.arn(), "error", err)
	}
	s.clean(c.SHA)
}

// claim notes that a version uses a code, which must be whole.
func (s *Service) claim(tx *records.Tx, c *code, name, version string) error {
	if c.SHA == "" {
		return nil
	}
	kept, err := chunkKind.Count(tx, records.Prefix(c.SHA))
	if err != nil {
		return err
	}
	if kept != (c.Size+chunkSize-1)/chunkSize { // the last use of the same archive has gone meanwhile
		return conflict("The code was deleted while the request was in progress. Please try again.")
	}
	before, err := useKind.Count(tx, records.Prefix(c.SHA))
	if err != nil {
		return err
	}
	if before == 0 {
		if err := addStorage(tx, int64(c.Size)); err != nil {
			return err
		}
	}
	return useKind.Put(tx, records.ID(c.SHA, name, version), &use{})
}

// release notes that a version uses a code no more.
func (s *Service) release(tx *records.Tx, c *code, name, version string) error {
	if c.SHA == "" {
		return nil
	}
	if err := useKind.Delete(tx, records.ID(c.SHA, name, version)); err != nil {
		return err
	}
	left, err := useKind.Count(tx, records.Prefix(c.SHA))
	if err != nil || left > 0 {
		return err
	}
	if err := addStorage(tx, -int64(c.Size)); err != nil {
		return err
	}
	return chunkKind.DeletePrefix(tx, records.Prefix(c.SHA))
}

func addStorage(tx *records.Tx, n int64) error {
	all, err := storageKind.Get(tx, storageID)
	if err != nil {
		return err
	}
	if all == nil {
		all = new(storage)
	}
	if all.Bytes += n; n > 0 && all.Bytes > maxStorage {
		return &wire.Error{Status: http.StatusBadRequest, Type: "CodeStorageExceededException", Message: fmt.Sprintf("Code storage limit exceeded: the archives of functions may have %d bytes in all", maxStorage)}
	}
	all.Bytes = max(0, all.Bytes)
	return storageKind.Put(tx, storageID, all)
}

// archive reads an archive that is claimed.
func (s *Service) archive(ctx context.Context, ref reference, c *code) ([]byte, error) {
	out := make([]byte, 0, c.Size)
	for n := 0; len(out) < c.Size; n++ {
		err := s.records.Read(ctx, ref.account, ref.region, func(tx *records.Tx) error {
			part, err := chunkKind.Get(tx, records.ID(c.SHA, fmt.Sprintf("%05d", n)))
			if err == nil && (part == nil || len(part.Data) == 0) {
				err = fmt.Errorf("the code of the function %s is not whole", ref.name)
			}
			if err == nil {
				out = append(out, part.Data...)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sweep drops the archives of an account in a region that nobody claims, such as those
// whose upload a crash has broken off.
func (s *Service) sweep(ctx context.Context, account, region string) error {
	return s.records.Write(ctx, account, region, func(tx *records.Tx) error {
		ids, err := chunkKind.IDs(tx, "")
		if err != nil {
			return err
		}
		last := ""
		for _, id := range ids {
			sha := records.First(id)
			if sha == last {
				continue
			}
			last = sha
			if used, err := useKind.Count(tx, records.Prefix(sha)); err != nil || used > 0 {
				if err != nil {
					return err
				}
				continue
			}
			if err := chunkKind.DeletePrefix(tx, records.Prefix(sha)); err != nil {
				return err
			}
		}
		return nil
	})
}
