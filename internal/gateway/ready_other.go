//go:build !unix

package gateway

import (
	"syscall"

	"github.com/gatehouse-gw/gatehouse/internal/http1"
)

// whenReady is not known how to do here.
func whenReady(syscall.Conn) func() (*http1.Buffer, int, error) { return nil }
