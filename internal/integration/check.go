package integration

import (
	"errors"
	"fmt"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

var (
	errMethod = errors.New("the method is not one that can be sent")
	errTarget = errors.New("the target is not a path and query")
)

// checkRequest refuses what would not arrive as it was meant, above all what
// could end a line early.
func checkRequest(req *Request) error {
	if !httpmsg.ValidName(req.Method) || req.Method == "CONNECT" {
		return errMethod
	}
	if !validTarget(req.Target) {
		return errTarget
	}
	if !httpmsg.ValidHost(req.Host) {
		return errHost
	}
	for i := range req.Header {
		f := &req.Header[i]
		if !httpmsg.ValidName(f.Name) {
			return fmt.Errorf("header name %q is not a token", f.Name)
		}
		if !httpmsg.ValidText(f.Value) {
			return fmt.Errorf("the value of header %s holds a control character", f.Name)
		}
		if ownHeader(f.Name) {
			return fmt.Errorf("header %s is not the caller's to set", f.Name)
		}
	}
	return nil
}

// ownHeader reports whether the client alone writes that header.
func ownHeader(name string) bool {
	switch len(name) {
	case len("Host"):
		return httpmsg.EqualFold(name, "Host")
	case len("Content-Length"):
		return httpmsg.EqualFold(name, "Content-Length")
	case len("Transfer-Encoding"):
		return httpmsg.EqualFold(name, "Transfer-Encoding")
	}
	return false
}

// validTarget takes origin form, and "*". Bytes above 127 pass as they came.
func validTarget(target string) bool {
	if target == "" || target[0] != '/' && target != "*" {
		return false
	}
	for i := 0; i < len(target); i++ {
		if c := target[i]; c <= ' ' || c == 0x7f || c == '#' {
			return false
		}
	}
	return true
}
