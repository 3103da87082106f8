package functions

import (
	"os"
	"strconv"
	"strings"
)

// groupsLeft lists what runs of a set's workers.
func groupsLeft(marker string) (left []string) {
	for _, pid := range marked([]byte(markVariable + "=" + marker)) {
		line, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		left = append(left, strings.ReplaceAll(string(line), "\x00", " "))
	}
	return left
}
