package clustertest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/soak"
	"github.com/gatehouse-gw/gatehouse/internal/valkeytest"
)

// What the small disks of the tests hold.
const (
	databaseDisk = 96 << 20
	nodeDisk     = 32 << 20
)

// A disk is a file system of its own, which can be full.
type disk struct {
	t   *testing.T
	dir string
}

// newDisk makes a directory a file system of some bytes, in memory. Where the test may not,
// it is skipped.
func newDisk(t *testing.T, dir string, size int) *disk {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", size)); err != nil {
		t.Skip("cannot mount: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return &disk{t, dir}
}

func (d *disk) ballast() string { return filepath.Join(d.dir, "ballast") }

// fill leaves no space.
func (d *disk) fill() {
	d.t.Helper()
	f, err := os.OpenFile(d.ballast(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		switch _, err := f.Write(make([]byte, size)); {
		case errors.Is(err, syscall.ENOSPC):
			size /= 2
		case err != nil:
			d.t.Fatal(err)
		}
	}
}

// free makes room again.
func (d *disk) free() {
	d.t.Helper()
	if err := os.Remove(d.ballast()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.t.Fatal(err)
	}
}

// TestDisks has the disk of a node be full, that of the database too, and the database be
// slow as on a disk that is: stages are served on and nothing is lost.
func TestDisks(t *testing.T) {
	c := newBare(t, built(t))
	of := newDisk(t, filepath.Join(c.dir, "space"), databaseDisk)
	c.primary = pgtest.New(t, pgtest.Options{})
	c.standby = c.primary
	c.giveSpace(of)
	c.redis = valkeytest.Start(t)
	own := newDisk(t, filepath.Join(c.dir, "n2"), nodeDisk)
	c.addNodes()
	l := begin(c)
	time.Sleep(time.Second)
	for range soak.Factor() {
		c.tell("the disk of n2 is full")
		own.fill()
		n := c.nodes[1]
		c.becomes("n2 tells that its disk is full", func() bool {
			_, body, err := n.get(n.admin + "/_gatehouse/metrics")
			return err == nil && strings.Contains(body, "\ngatehouse_served_disk_fails 1\n")
		})
		c.fullDatabase(of)
		c.slowDatabase(3 * time.Second)
		c.killNode(n)
		own.free()
	}
	l.judge()
}

// giveSpace makes the database of the nodes in a tablespace on a disk.
func (c *cluster) giveSpace(d *disk) {
	c.t.Helper()
	dir := filepath.Join(d.dir, "tables")
	if err := os.Mkdir(dir, 0o700); err != nil {
		c.t.Fatal(err)
	}
	for at := dir; at != filepath.Dir(at) && at != os.TempDir(); at = filepath.Dir(at) { // PostgreSQL has to get there
		if at != dir {
			_ = os.Chmod(at, 0o711)
		}
	}
	if owner, err := user.Lookup("postgres"); err == nil && os.Getuid() == 0 {
		uid, _ := strconv.Atoi(owner.Uid)
		gid, _ := strconv.Atoi(owner.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			c.t.Fatal(err)
		}
	}
	c.primary.Exec(c.t, "postgres", "CREATE TABLESPACE small LOCATION '"+dir+"'")
	c.primary.Exec(c.t, "postgres", "CREATE DATABASE gatehouse TABLESPACE small")
}

// fullDatabase leaves the database no space until a write was refused for that, and for
// longer than a lease is.
func (c *cluster) fullDatabase(d *disk) {
	c.t.Helper()
	c.tell("the disk of the database is full")
	for _, n := range c.nodes {
		n.is(true, false) // leases are rows, too
	}
	d.fill()
	c.becomes("a write is refused", func() bool {
		n := c.nodes[0]
		text := make([]byte, 30_000) // which cannot be compressed
		_, _ = rand.Read(text)
		large := fmt.Sprintf(`{"name": "large", "description": "%x"}`, text)
		status, says, err := n.do("POST", n.url+"/apikeys", large, "")
		if err == nil && status != http.StatusServiceUnavailable && status != http.StatusCreated {
			c.t.Fatalf("a full database is answered %d %s", status, says)
		}
		return err == nil && status == http.StatusServiceUnavailable
	})
	time.Sleep(leaseTime)
	d.free()
	c.tell("it has space again")
	for _, n := range c.nodes {
		n.awaitLease()
	}
	c.nodes[0].must("POST", "/apikeys", `{"name": "of a database with space"}`, nil)
}

// slowDatabase has the database run for a part of the time alone.
func (c *cluster) slowDatabase(lasts time.Duration) {
	c.t.Helper()
	for begun := c.tell("the database is slow"); time.Since(begun) < lasts; {
		c.primary.Pause(c.t)
		time.Sleep(200 * time.Millisecond)
		c.primary.Resume(c.t)
		time.Sleep(50 * time.Millisecond)
	}
	c.tell("it is not any more")
}
