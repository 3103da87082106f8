//go:build !linux

package usageplan

// useHugePages does nothing: only Linux is asked for large pages.
func useHugePages([]slot) {}
