package runtimes

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// provided is the launch of an executable that is called bootstrap, in the code's
// directory or in a layer.
func (m *Machine) provided(p *Program, _ string) (*Launch, error) {
	if p.Debug != "" {
		return nil, errDebug
	}
	for _, dir := range append([]string{p.Dir}, inLayers(p, ".")...) {
		path := filepath.Join(dir, "bootstrap")
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			continue
		}
		if _, err := exec.LookPath(path); err != nil {
			return nil, fmt.Errorf("%s is not executable: chmod +x %s", path, path)
		}
		if arch := otherMachine(path); arch != "" {
			return nil, fmt.Errorf("%s is a program for %s, and this machine is %s/%s: build it for that, as by GOOS=%[3]s GOARCH=%[4]s go build -o bootstrap", path, arch, runtime.GOOS, runtime.GOARCH)
		}
		return &Launch{Args: []string{path}}, nil
	}
	return nil, fmt.Errorf("%s needs an executable called bootstrap in %s: a program that speaks Lambda's Runtime API, as go build -o bootstrap makes of one with aws-lambda-go", p.Runtime, p.Dir)
}

// machines are the names that ELF files have for those that Lambda has.
var machines = map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}

// otherMachine tells for which machine a program is that does not start on this one; ""
// for one that does, or of which nothing is known.
func otherMachine(path string) string {
	file, err := elf.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	arch, known := machines[file.Machine]
	if !known || (runtime.GOOS == "linux" && arch == runtime.GOARCH) {
		return ""
	}
	return "linux/" + arch
}
