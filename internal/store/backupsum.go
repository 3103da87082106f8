package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// A backup is a SQLite database and, behind it, one line: sumName and the
// SHA-256, in hexadecimal, of every byte before the line. SQLite's own check
// finds broken pages, but not a changed byte within a document.
const (
	sumName = "\ngatehouse backup sha256 "
	sumSize = len(sumName) + 2*sha256.Size + 1
)

var (
	errNoSum   = errors.New("not a file of gatehouse backup, or not as long as it was: it does not end with a checksum")
	errSum     = errors.New("damaged: its checksum is another")
	errWriting = errors.New("write the database")
)

func sumLine(h hash.Hash) string { return fmt.Sprintf("%s%x\n", sumName, h.Sum(nil)) }

// appendSum ends a file with its checksum.
func appendSum(ctx context.Context, file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	h := sha256.New()
	_, err = io.Copy(h, reading(ctx, f))
	if err == nil {
		_, err = f.WriteString(sumLine(h))
	}
	return errors.Join(err, f.Close())
}

// copySummed copies a file that ends with its checksum, without it, into one
// that exists, and checks it. Failures of the file that it writes are
// errWriting.
func copySummed(ctx context.Context, to string, from *os.File) error {
	size, err := from.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	line := make([]byte, sumSize)
	body := size - int64(sumSize)
	if body < 0 {
		return errNoSum
	}
	if _, err := from.ReadAt(line, body); err != nil {
		return err
	}
	if string(line[:len(sumName)]) != sumName {
		return errNoSum
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", errWriting, err)
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(h, writing{f}), reading(ctx, io.NewSectionReader(from, 0, body)))
	if err == nil && sumLine(h) != string(line) {
		err = errSum
	}
	return errors.Join(err, f.Close())
}

// writing marks the errors of a writer as errWriting.
type writing struct{ io.Writer }

func (w writing) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	if err != nil {
		err = fmt.Errorf("%w: %w", errWriting, err)
	}
	return n, err
}

// reading returns r until ctx ends.
func reading(ctx context.Context, r io.Reader) io.Reader {
	return readerFunc(func(b []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return r.Read(b)
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }
