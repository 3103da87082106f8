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
	classes := []string{p.Dir, filepath.Join(p.Dir, "*"), filepath.Join(p.Dir, "lib", "*")}
	for _, dir := range inLayers(p, "java/lib") {
		classes = append(classes, filepath.Join(dir, "*"))
	}
	args := []string{path, fmt.Sprintf("-Xmx%dm", p.Memory*8/10), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", pathList(classes)}
	if p.Debug != "" {
		args = append(args, "-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address="+p.Debug)
	}
	return &Launch{Args: append(args, runtimeClient, p.Handler)}, nil
}
