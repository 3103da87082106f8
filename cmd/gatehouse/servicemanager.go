package main

import (
	"log/slog"
	"net"
	"os"
)

// What a service manager is told.
const (
	managerReady    = "READY=1"
	managerStopping = "STOPPING=1"
)

// tellManager tells the service manager that has started the process how it is, as
// systemd's Type=notify wants (sd_notify): where NOTIFY_SOCKET names a socket that
// takes datagrams, in the file system or, with @, abstract. One that takes none is
// told of in the log.
func tellManager(log *slog.Logger, state string) {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err == nil {
		_, err = conn.Write([]byte(state))
		_ = conn.Close()
	}
	if err != nil {
		log.Warn("the service manager could not be told", "state", state, "error", err)
	}
}
