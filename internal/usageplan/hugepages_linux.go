package usageplan

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// useHugePages asks the system to hold the slots of a large table in pages of 2 MB. A
// look-up goes to a place at random, and with pages of 4 KB the processor has to find
// the page first, in tables that are in none of its caches either. What the system does
// not grant makes look-ups slower and nothing else, so an error is of no interest.
func useHugePages(slots []slot) {
	const page = 2 << 20
	first, size := unsafe.Pointer(unsafe.SliceData(slots)), uintptr(len(slots))*unsafe.Sizeof(slot{})
	skip := -uintptr(first) % page // bytes before the first whole page
	if size < skip+page {
		return
	}
	whole := (size - skip) / page * page
	_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Add(first, skip)), whole), unix.MADV_HUGEPAGE)
}
