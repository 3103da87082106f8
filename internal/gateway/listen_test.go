package gateway

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// Connections that are in a listener's queue when it is made deaf are served,
// those that come later never open.
func TestRefuseNew(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no such filter")
	}
	ln, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	early, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	deafen(ln.(*net.TCPListener))
	var timeout net.Error
	if _, err := net.DialTimeout("tcp", ln.Addr().String(), 100*time.Millisecond); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("who comes late got %v", err)
	}
	nc, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
}

// However late a listener comes to its queue when it stops, all in it are taken.
func TestQueueOfAStoppedListener(t *testing.T) {
	ln, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	const queued = 10
	for range queued {
		nc, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
	}
	d := newDoor(&Options{})
	d.closing.Store(true)
	stopAccepting(ln)
	time.Sleep(2 * queueTime)
	for i := range queued {
		g, err := d.accept(ln, httpmsg.Peer{})
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		defer g.Close()
	}
	if _, err := d.accept(ln, httpmsg.Peer{}); err != net.ErrClosed {
		t.Errorf("behind the last: error %v, want %v", err, net.ErrClosed)
	}
}

// A connection on which a request has come that nobody has read yet is not idle,
// whatever its time, unless what comes is thrown away anyhow.
func TestUnreadRequestIsNotIdle(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("what is unread is not known there")
	}
	ln, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	d := newDoor(&Options{MaxConnections: 1})
	d.epoch = d.epoch.Add(-time.Hour)
	g, err := d.accept(ln, httpmsg.Peer{})
	if err != nil {
		t.Fatal(err)
	}
	g.idle.Store(1)
	if !g.isIdle(1) {
		t.Error("a silent connection is not idle")
	}
	if _, err := io.WriteString(client, "GET"); err != nil {
		t.Fatal(err)
	}
	for !g.hasUnread() {
		time.Sleep(time.Millisecond)
	}
	ended := make(chan struct{})
	close(ended)
	d.empty(ended)
	if d.shed() {
		t.Error("it was closed for another")
	}
	buf := make([]byte, 3)
	if _, err := io.ReadFull(g, buf); err != nil || string(buf) != "GET" {
		t.Errorf("got %q, %v", buf, err)
	}
	g.muted.Store(true)
	if _, err := io.WriteString(client, "more"); err != nil {
		t.Fatal(err)
	}
	if !d.shed() {
		t.Error("who is not listened to is kept for what it sends")
	}
}

// Clients come and go while the gateway stops. Who could send a request is
// answered.
func TestShutdownUnderRush(t *testing.T) {
	for range 2 {
		s := open(t, Options{}, echo)
		rush := make(chan error, 20)
		for range cap(rush) {
			go func() { rush <- s.visitUntilRefused() }()
		}
		time.Sleep(10 * time.Millisecond)
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		for range cap(rush) {
			if err := <-rush; err != nil {
				t.Errorf("a request got %v", err)
			}
		}
	}
}

// visitUntilRefused makes a request on a new connection each time. One that is
// sent later than lingering after its connection was begun need not be answered.
func (s *site) visitUntilRefused() error {
	for {
		begun := time.Now()
		nc, err := net.DialTimeout("tcp", s.addr, 2*time.Second)
		if err != nil {
			return nil
		}
		_, err = io.WriteString(nc, stageHead("GET", "/dev")+"\r\n")
		late := time.Since(begun) >= lingering
		if err == nil {
			_, err = http.ReadResponse(bufio.NewReader(nc), nil)
		}
		nc.Close()
		if err != nil && !late {
			return err
		}
	}
}
