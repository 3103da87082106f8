package gateway

import (
	"context"
	"net"
)

// Listen opens a listener for Serve. It is one of plain TCP, not of
// Multipath TCP as Go's default is: Shutdown filters what reaches the socket, and
// a filter on one of Multipath TCP sees nothing.
func Listen(address string) (net.Listener, error) {
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	return config.Listen(context.Background(), "tcp", address)
}
