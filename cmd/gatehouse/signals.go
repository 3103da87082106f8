package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// notifyHangups keeps SIGHUP from ending the process, and returns where the
// signals come. A gateway does not end either with the one who reads its log.
func notifyHangups() <-chan os.Signal {
	signal.Ignore(syscall.SIGPIPE)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	return hangups
}

// obey has reload called for each SIGHUP, until ctx ends.
func obey(ctx context.Context, hangups <-chan os.Signal, reload func(context.Context)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			reload(ctx)
		}
	}
}

// complain prints why the process ends. One who has stopped reading what it
// prints holds it up for a second.
func complain(err error) {
	printed := make(chan struct{})
	go func() {
		defer close(printed)
		fmt.Fprintln(os.Stderr, "gatehouse:", err)
	}()
	select {
	case <-printed:
	case <-time.After(time.Second):
	}
}
