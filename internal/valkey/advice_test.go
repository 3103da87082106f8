package valkey

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestAdvice(t *testing.T) {
	for _, test := range []struct {
		err  error
		tls  bool
		want string
	}{
		{errors.New("NOAUTH HELLO must be called with the client already authenticated"), false, "asks for a password"},
		{context.DeadlineExceeded, true, "begins with redis and"},
		{context.DeadlineExceeded, false, "[]"},
		{fmt.Errorf("reading: %w", io.EOF), false, "begins with rediss"},
		{errors.New("WRONGPASS invalid username-password pair"), false, "[]"},
	} {
		if got := fmt.Sprint(advice(test.err, test.tls)); !strings.Contains(got, test.want) {
			t.Errorf("%v: %s", test.err, got)
		}
	}
}
