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
	refuseNew(ln.(*net.TCPListener))
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

// visitUntilRefused makes a request on a new connection each time.
func (s *site) visitUntilRefused() error {
	for {
		nc, err := net.DialTimeout("tcp", s.addr, 2*time.Second)
		if err != nil {
			return nil
		}
		_, err = io.WriteString(nc, stageHead("GET", "/dev")+"\r\n")
		if err == nil {
			_, err = http.ReadResponse(bufio.NewReader(nc), nil)
		}
		nc.Close()
		if err != nil {
			return err
		}
	}
}
