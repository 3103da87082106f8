package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A function is called by its logical id before another one that has it as its name.
func TestTemplateCodeByLogicalID(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "template.yaml")
	text := "Resources:\n"
	for _, name := range []string{"A", "B"} {
		text += "  " + name + ": {Type: AWS::Serverless::Function, Properties: {Runtime: provided.al2023, Handler: x, CodeUri: " + name + ", FunctionName: B}}\n"
		if err := os.Mkdir(filepath.Join(filepath.Dir(file), name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), name, "bootstrap"), []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config{Listen: "127.0.0.1:0", Region: "us-east-1", Account: "000000000000"}
	(&templateCode{file: file}).extend(&c)
	if f := c.LambdaFunctions["B"]; f.Code == nil || filepath.Base(f.Code.Program.Dir) != "B" {
		t.Errorf("got %+v", f.Code)
	}
}

// Code that a template names is not run where other machines reach a control plane that
// takes calls from anyone, as none of lambda-functions is.
func TestTemplateCodeOnOpenServer(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "template.yaml")
	text := "Transform: AWS::Serverless-2016-10-31\nResources:\n  Hello:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: provided.al2023\n      Handler: x\n" +
		"      Events: {Get: {Type: Api, Properties: {Path: /, Method: get}}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "bootstrap"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		config config
		runs   bool
	}{
		"on this machine":             {config{Listen: "127.0.0.1:0"}, true},
		"with credentials":            {config{Listen: "0.0.0.0:0", Credentials: "keys.yaml"}, true},
		"open":                        {config{Listen: "0.0.0.0:0", AllowUnauthenticated: true}, false},
		"open on all addresses":       {config{Listen: ":0", AllowUnauthenticated: true}, false},
		"open to client certificates": {config{Listen: "[::]:0", ListenClientCA: "ca.pem"}, false},
	} {
		c := tt.config
		c.Region, c.Account = "us-east-1", "000000000000"
		code := &templateCode{file: file}
		code.extend(&c)
		if runs := len(c.functionCode()) > 0; runs != tt.runs || runs == (len(code.findings) > 0) {
			t.Errorf("%s: got %d functions and findings %v", name, len(c.functionCode()), code.findings)
		}
		for _, f := range code.findings {
			if !strings.HasPrefix(f.Text, "the function is not run here: other machines reach") {
				t.Errorf("%s: got %q", name, f.Text)
			}
		}
	}
}
