package runtimes

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// bootstraps are the programs of ours that speak the Runtime API for a handler.
//
//go:embed bootstrap/node.cjs bootstrap/python.py
var bootstraps embed.FS

// bootstrap returns the path of an embedded program, which it writes where it is not
// there. Programs of other versions of the gateway have other names.
func (m *Machine) bootstrap(name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text, err := bootstraps.ReadFile("bootstrap/" + name)
	if err == nil {
		err = m.makeScratch()
	}
	if err != nil {
		return "", fmt.Errorf("the bootstrap of a runtime: %w", err)
	}
	sum := sha256.Sum256(text)
	ext := filepath.Ext(name)
	path := filepath.Join(m.Scratch, strings.TrimSuffix(name, ext)+"-"+hex.EncodeToString(sum[:6])+ext)
	if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, text) {
		return path, nil
	}
	if err := replace(path, text); err != nil {
		return "", fmt.Errorf("the bootstrap of a runtime: %w", err)
	}
	return path, nil
}

// replace writes a file in one step: another process may be about to read it.
func replace(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "new-*")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// makeScratch makes the directory. It is in the user's cache where there is one: what is
// in the system's directory for temporary files may be removed while a gateway runs, and
// then anyone may put something else in its place.
func (m *Machine) makeScratch() error {
	if m.Scratch != "" {
		if m.temporary {
			return nil // nobody makes it again: it may be somebody else's by now
		}
		return os.MkdirAll(m.Scratch, 0o700)
	}
	if cache, err := os.UserCacheDir(); err == nil {
		dir := filepath.Join(cache, "gatehouse", "functions")
		if os.MkdirAll(dir, 0o700) == nil && writable(dir) {
			m.Scratch = dir
			return nil
		}
	}
	dir, err := os.MkdirTemp("", "gatehouse-functions-")
	m.Scratch, m.temporary = dir, err == nil
	return err
}

// writable reports whether files can be made in a directory.
func writable(dir string) bool {
	file, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return false
	}
	_ = file.Close()
	return os.Remove(file.Name()) == nil
}

// Ready has what a launch needs in its place, which cleaners of disks may have taken
// away since. It is to be called before each start.
func (m *Machine) Ready(l *Launch) error {
	if l.bootstrap == "" {
		return nil
	}
	path, err := m.bootstrap(l.bootstrap)
	if err == nil && path != l.Args[len(l.Args)-1] {
		err = fmt.Errorf("the bootstrap of a runtime: %w", fs.ErrNotExist)
	}
	return err
}

// Close removes a directory that was made for this machine alone. Nothing is launched
// afterwards.
func (m *Machine) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.temporary {
		return nil
	}
	return os.RemoveAll(m.Scratch)
}
