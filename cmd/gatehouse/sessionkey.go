package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
)

// sessionKeyFile is the file in the data directory with the key that seals the tokens
// of sessions.
const sessionKeyFile = "session.key"

// sessionKeys returns the keys of sessions: the first seals their tokens, all open them.
// Where nodes share a database they share these, too, which are made of secrets-key-file.
func (c *config) sessionKeys(ring *secrets.Keyring) ([]credentials.Key, error) {
	if c.Database == "" || ring == nil {
		key, err := c.sessionKey()
		return []credentials.Key{key}, err
	}
	var keys []credentials.Key
	for _, made := range ring.Derive("session tokens") {
		keys = append(keys, made)
	}
	return keys, nil
}

// sessionKey returns the key of the data directory, which the first start makes, so
// that sessions outlive a restart. In memory it is one of this process alone.
func (c *config) sessionKey() (credentials.Key, error) {
	if c.InMemory {
		return credentials.NewKey(), nil
	}
	name := filepath.Join(c.DataDir, sessionKeyFile)
	key, err := readSessionKey(name)
	if errors.Is(err, fs.ErrNotExist) {
		key = credentials.NewKey()
		err = writeSessionKey(name, key)
	}
	if err != nil {
		return key, fmt.Errorf("the key of sessions, %s: %w", name, err)
	}
	return key, nil
}

func readSessionKey(name string) (key credentials.Key, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return key, reason(err)
	}
	if len(text) != len(key) {
		return key, fmt.Errorf("has %d bytes and not %d: remove it, and sessions end", len(text), len(key))
	}
	return credentials.Key(text), nil
}

// writeSessionKey writes the key for the user of this process alone. The file is there
// when it is whole.
func writeSessionKey(name string, key credentials.Key) error {
	part := name + "." + rand.Text()[:8]
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return reason(err)
	}
	_, err = f.Write(key[:])
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		_ = os.Remove(part)
	}
	return err
}
