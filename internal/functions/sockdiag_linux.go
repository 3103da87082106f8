package functions

import (
	"encoding/binary"
	"net"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A diagRequest asks the kernel for one TCP socket: struct nlmsghdr and struct
// inet_diag_req_v2 behind it. Addresses and ports are in the order of networks.
type diagRequest struct {
	header           unix.NlMsghdr
	family, protocol uint8
	_                [2]uint8 // the details that are wanted: none
	states           uint32
	atPort, toPort   [2]byte
	at, to           [16]byte
	device           uint32
	cookie           [2]uint32
}

// A diagAnswer is the head of what it answers: struct nlmsghdr and the beginning of
// struct inet_diag_msg.
type diagAnswer struct {
	header        unix.NlMsghdr
	family, state uint8
	_             [2]uint8
	_             [48]byte // the socket that was asked for
	_             [3]uint32
	user          uint32
}

// The states of sockets that are nobody's any more, or wait for connections.
const (
	stateTimeWait = 6
	stateListen   = 10
)

// connectedUser asks the kernel whose socket is at one address and connected to another:
// one look-up, where the tables of /proc take time for all sockets of the machine. ok is
// false where it does not say.
func connectedUser(at, to *net.TCPAddr) (user int, ok bool) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return 0, false
	}
	defer func() { _ = unix.Close(fd) }()
	q := diagRequest{family: unix.AF_INET, protocol: unix.IPPROTO_TCP, states: ^uint32(0), cookie: [2]uint32{^uint32(0), ^uint32(0)}}
	q.header = unix.NlMsghdr{Len: uint32(unsafe.Sizeof(q)), Type: unix.SOCK_DIAG_BY_FAMILY, Flags: unix.NLM_F_REQUEST}
	copy(q.at[:], at.IP.To4())
	copy(q.to[:], to.IP.To4())
	binary.BigEndian.PutUint16(q.atPort[:], uint16(at.Port))
	binary.BigEndian.PutUint16(q.toPort[:], uint16(to.Port))
	request := unsafe.Slice((*byte)(unsafe.Pointer(&q)), unsafe.Sizeof(q))
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, false
	}
	var a diagAnswer
	answer := unsafe.Slice((*byte)(unsafe.Pointer(&a)), unsafe.Sizeof(a))
	n, _, err := unix.Recvfrom(fd, answer, unix.MSG_DONTWAIT) // the kernel has answered when it has taken the request
	if err != nil || n < len(answer) || a.header.Type != unix.SOCK_DIAG_BY_FAMILY || a.state == stateTimeWait || a.state == stateListen {
		return 0, false
	}
	return int(a.user), true
}
