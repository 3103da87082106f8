package gateway

import (
	"net"

	"golang.org/x/sys/unix"
)

// deafen makes a listener deaf to new connections and leaves those in its
// queue, and those whose handshake is under way: a filter on the socket drops
// what carries SYN. The client's system tries again a second later and is then
// told that nobody listens, before a request has been sent. Without it a
// connection could enter the queue between the last look at it and the close,
// which resets it. Where the filter cannot be set that small chance remains.
func deafen(ln *net.TCPListener) {
	const (
		flags = 13 // where TCP's header has its flags; the filter sees the packet from there
		syn   = 0x02
		drop  = 0
		keep  = 1 << 16 // more than a packet has
	)
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: syn, Jt: 0, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: drop},
		{Code: unix.BPF_RET | unix.BPF_K, K: keep},
	}
	raw, err := ln.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		bpf := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
		_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &bpf)
	})
}
