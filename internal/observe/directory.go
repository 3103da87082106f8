package observe

import (
	"bytes"
	"encoding/binary"
	"io"
	"log/slog"
	"os"
	"time"
)

// A Directory writes lines to files below one directory, in batches, as Lines does:
// nobody who logs waits, all files together have the bound of one Lines, and one
// goroutine writes to all of them. Files are made when they are first written, and the
// directories that their names have; no name, and no symbolic link below the directory,
// leads out of it. It is safe for concurrent use.
type Directory struct {
	lines *Lines
	to    *splitter
}

// OpenDirectory starts writing to files below a directory, which is made when only its
// own name is missing. Files that were moved away are made anew, at the latest a second
// later. The lines of a file that cannot be opened or written, because the disk is full
// or the directory is gone, are lost and counted: the log is told when that begins and
// how many there were when it ends.
func OpenDirectory(path string, log *slog.Logger) *Directory {
	return openDirectory(newOpenFiles(path), log)
}

func openDirectory(files *openFiles, log *slog.Logger) *Directory {
	s := &splitter{files: files, log: log}
	l := newLines(s)
	l.log = log
	go l.run()
	return &Directory{l, s}
}

// CheckDirectory makes a directory when only its own name is missing, and reports why
// files in it cannot be written.
func CheckDirectory(path string) error {
	files := newOpenFiles(path)
	if err := files.enter(); err != nil {
		return err
	}
	defer files.leave()
	probe, err := os.CreateTemp(path, ".gatehouse-*")
	if err != nil {
		return err
	}
	_ = probe.Close()
	return os.Remove(probe.Name())
}

// File returns the writer of one file's lines, which takes whole lines with their ends,
// never waits and never fails. The name is a path within the directory, with slashes.
func (d *Directory) File(name string) io.Writer { return &fileIn{d.lines, name} }

// Reopen has all files opened again, for example because they were renamed.
func (d *Directory) Reopen() { d.to.files.stale.Store(true) }

// Flush waits until everything that was added before is written, for a second at the
// most.
func (d *Directory) Flush() { d.lines.Flush() }

// Close writes what is pending, for a second at the most, and stops.
func (d *Directory) Close() {
	d.lines.Close()
	select {
	case <-d.lines.done:
		d.to.tellLost()
	default:
	}
}

// A fileIn is a file of a Directory. What is written to it waits with that of all others,
// behind its name.
type fileIn struct {
	to   *Lines
	name string
}

func (f *fileIn) Write(lines []byte) (int, error) {
	f.to.add(f.name, lines)
	return len(lines), nil
}

// Append implements Appender.
func (f *fileIn) Append(line []byte) { f.to.add(f.name, line, '\n') }

// A run is what waits for one name without a break: in the pending bytes the length of the
// name, the name, the length of the lines in lengthSize bytes, the lines.
type run struct {
	name string
	at   int // where the length of the lines is; 0 for no run
}

const lengthSize = 4

// add adds the lines of a file, and what ends them where it is not there, or drops and
// counts them.
func (l *Lines) add(name string, lines []byte, end ...byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	size := len(lines) + len(end)
	if !l.room(binary.MaxVarintLen64+len(name)+lengthSize+size, bytes.Count(lines, []byte{'\n'})+len(end)) {
		return
	}
	if l.last.at == 0 || l.last.name != name {
		l.pending = append(binary.AppendUvarint(l.pending, uint64(len(name))), name...)
		l.last = run{name, len(l.pending)}
		l.pending = append(l.pending, make([]byte, lengthSize)...)
	}
	length := l.pending[l.last.at:]
	binary.BigEndian.PutUint32(length, binary.BigEndian.Uint32(length)+uint32(size)) // which maxPending bounds
	l.pending = append(append(l.pending, lines...), end...)
	l.wake()
}

// A splitter is the writer of a Directory's Lines: it gives each file what it is sent.
type splitter struct {
	files *openFiles
	log   *slog.Logger
	sorted

	failed time.Time // for the last time; zero while all is well
	lost   int       // lines that the log has not been told of
}

// Write takes what add has added. It always takes all of it.
func (s *splitter) Write(p []byte) (int, error) {
	size := len(p)
	s.split(p)
	for _, name := range s.order {
		lines := s.batch[name]
		if err := s.files.write(name, lines); err != nil {
			s.fail(name, lines, err)
		}
	}
	s.clear()
	if !s.failed.IsZero() && time.Since(s.failed) >= calm {
		s.failed = time.Time{}
		s.tellLost()
	}
	return size, nil
}

// calm is how long no file has failed when the log is told how many lines were lost:
// some may fail while others do not.
const calm = 10 * time.Second

// fail counts the lines of a file that were not written, and tells the log when that
// begins.
func (s *splitter) fail(name string, lines []byte, err error) {
	s.lost += bytes.Count(lines, []byte{'\n'})
	if s.failed.IsZero() {
		s.log.Error("log file cannot be written, its lines are lost", "directory", s.files.path, "file", name, "error", err)
	}
	s.failed = time.Now()
}

func (s *splitter) tellLost() {
	if s.lost > 0 {
		s.log.Error("log lines dropped: their files could not be written", "lines", s.lost, "directory", s.files.path)
		s.lost = 0
	}
}
