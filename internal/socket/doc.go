// Package socket has TCP connections that do not tell Go's scheduler of their reads and
// writes.
//
// A system call of Go's may wait, so the scheduler is told when it begins and ends, and
// gives the processor to another thread when it takes longer than 20 µs, as a write over the
// loopback often does where many threads want to run: a wake-up of a thread, and of another
// when the call is back and finds its processor taken. A socket of Go's never waits in the
// kernel. It says so and is waited for by the poller. So nothing is lost if a short call
// keeps its processor, as any other few microseconds of work do, and that costs a proxy a
// sixth less for each request.
package socket
