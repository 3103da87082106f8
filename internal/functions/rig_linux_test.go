package functions

import (
	"os"
	"strconv"
	"strings"
)

// groupsLeft lists what runs of a set's workers.
func groupsLeft(set mark) (left []string) {
	for _, pid := range marked(func(m mark) bool { return m.ofSet(set) }) {
		line, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		left = append(left, strings.ReplaceAll(string(line), "\x00", " "))
	}
	return left
}
