package runtimes

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

// runtimeClient is the class of Lambda's own runtime interface client, which Java
// functions bring with them: its Maven artifact is runtimeClientArtifact.
const (
	runtimeClient         = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda"
	runtimeClientArtifact = "aws-lambda-java-runtime-interface-client"
)

// java is the launch of a handler in Java, with Lambda's runtime interface client from
// the code's directory or a layer.
func (m *Machine) java(p *Program, _ string) (*Launch, error) {
	path, err := exec.LookPath("java")
	if err != nil {
		return nil, fmt.Errorf("%s needs Java, and this machine has no java in PATH: get it from https://adoptium.net, or by apt-get install default-jre-headless or brew install openjdk", p.Runtime)
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	classes, found := []string{p.Dir}, false
	for _, dir := range append([]string{p.Dir, filepath.Join(p.Dir, "lib")}, inLayers(p, "java/lib")...) {
		classes = append(classes, filepath.Join(dir, "*"))
		jars, _ := filepath.Glob(filepath.Join(dir, runtimeClientArtifact+"*.jar"))
		found = found || len(jars) > 0
	}
	args := []string{path, fmt.Sprintf("-Xmx%dm", p.Memory*8/10), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", pathList(classes)}
	if p.Debug != "" {
		args = append(args, "-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address="+p.Debug)
	}
	launch := &Launch{Args: append(args, runtimeClient, p.Handler)}
	if !found {
		launch.Note = fmt.Sprintf("%s needs %s from Maven, and no jar of dir, of its lib or of layers has that name: unless another one holds its classes, the function cannot start", p.Runtime, runtimeClientArtifact)
	}
	return launch, nil
}
