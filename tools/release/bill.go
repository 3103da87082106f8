package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"
)

// The types are those of CycloneDX 1.6 that a bill of materials of ours needs.
type (
	bomDocument struct {
		Schema       string          `json:"$schema"`
		Format       string          `json:"bomFormat"`
		SpecVersion  string          `json:"specVersion"`
		Serial       string          `json:"serialNumber"`
		Version      int             `json:"version"`
		Metadata     bomMetadata     `json:"metadata"`
		Components   []bomComponent  `json:"components"`
		Dependencies []bomDependency `json:"dependencies"`
	}
	bomMetadata struct {
		Timestamp string       `json:"timestamp"`
		Component bomComponent `json:"component"`
	}
	bomComponent struct {
		Type       string        `json:"type"`
		Ref        string        `json:"bom-ref"`
		Name       string        `json:"name"`
		Version    string        `json:"version"`
		PURL       string        `json:"purl"`
		Hashes     []bomHash     `json:"hashes,omitempty"`
		Licenses   []bomLicense  `json:"licenses,omitempty"`
		Properties []bomProperty `json:"properties,omitempty"`
	}
	bomHash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	bomLicense struct {
		License struct {
			ID string `json:"id"`
		} `json:"license"`
	}
	bomProperty struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	bomDependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn,omitempty"`
	}
)

// billOfMaterials lists what is linked into a program, as the program itself knows it:
// the modules that any package of is in it, and Go's library.
func (r *release) billOfMaterials(b *build) ([]byte, error) {
	digest := sha256.Sum256(b.program)
	program := bomComponent{
		Type: "application", Name: b.info.Main.Path, Version: r.source.version,
		Hashes:     []bomHash{{"SHA-256", hex.EncodeToString(digest[:])}},
		Licenses:   make([]bomLicense, 1),
		Properties: []bomProperty{{"gatehouse:commit", r.source.revision}, {"gatehouse:platform", b.platform.os + "/" + b.platform.arch}, {"gatehouse:go", b.info.GoVersion}},
	}
	program.Licenses[0].License.ID = "Apache-2.0"
	program.PURL = "pkg:golang/" + program.Name + "@" + program.Version
	program.Ref = program.PURL
	doc := bomDocument{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Serial: "urn:uuid:" + uuid(digest[:]), Metadata: bomMetadata{r.source.time.Format(time.RFC3339), program},
	}
	direct := bomDependency{Ref: program.Ref}
	for _, c := range append(modules(b.info), library(b.info)) {
		doc.Components = append(doc.Components, c)
		doc.Dependencies = append(doc.Dependencies, bomDependency{Ref: c.Ref})
		direct.DependsOn = append(direct.DependsOn, c.Ref)
	}
	doc.Dependencies = append([]bomDependency{direct}, doc.Dependencies...)
	text, err := json.MarshalIndent(doc, "", " ")
	return append(text, '\n'), err
}

func modules(info *buildinfo.BuildInfo) []bomComponent {
	var list []bomComponent
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c := bomComponent{Type: "library", Name: m.Path, Version: m.Version, PURL: "pkg:golang/" + m.Path + "@" + m.Version}
		// h1 is the SHA-256 of the list of a module's files.
		if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && len(sum) == sha256.Size {
			c.Hashes = []bomHash{{"SHA-256", hex.EncodeToString(sum)}}
		}
		c.Ref = c.PURL
		list = append(list, c)
	}
	return list
}

func library(info *buildinfo.BuildInfo) bomComponent {
	version := strings.TrimPrefix(info.GoVersion, "go")
	purl := "pkg:golang/std@" + version
	return bomComponent{Type: "library", Ref: purl, Name: "std", Version: version, PURL: purl}
}

// uuid is one of version 8, made of a digest.
func uuid(digest []byte) string {
	id := bytes.Clone(digest[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// licences are the files of the licences under which a program, and what is linked into
// it, may be passed on, which they want to go with it.
func (r *release) licences(ctx context.Context, info *buildinfo.BuildInfo) ([]entry, error) {
	own, err := os.ReadFile(filepath.Join(r.root, "LICENSE"))
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	text.WriteString("Gatehouse is under the licence in LICENSE. Its program contains what these others are for.\n")
	goroot, err := output(ctx, r.root, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	if err := addLicences(&text, "Go "+info.GoVersion, strings.TrimSpace(goroot)); err != nil {
		return nil, err
	}
	dirs, err := r.moduleDirs(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range info.Deps {
		if err := addLicences(&text, m.Path+" "+m.Version, dirs[m.Path]); err != nil {
			return nil, err
		}
	}
	return []entry{{name: "LICENSE", mode: 0o644, data: own}, {name: "THIRD_PARTY_LICENSES", mode: 0o644, data: text.Bytes()}}, nil
}

// moduleDirs are the directories of the modules that we require.
func (r *release) moduleDirs(ctx context.Context) (map[string]string, error) {
	list, err := output(ctx, r.root, "go", "list", "-m", "-json", "all")
	if err != nil {
		return nil, err
	}
	dirs := make(map[string]string)
	for dec := json.NewDecoder(strings.NewReader(list)); dec.More(); {
		var m struct {
			debug.Module
			Dir string
		}
		if err := dec.Decode(&m); err != nil {
			return nil, err
		}
		dirs[m.Path] = m.Dir
	}
	return dirs, nil
}

// addLicences adds the licences in a directory. One without any is an error: nobody has
// looked whether it may be passed on.
func addLicences(text *bytes.Buffer, of, dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("the licence of %s: %w", of, err)
	}
	found := false
	for _, f := range files {
		name := strings.ToUpper(f.Name())
		if f.IsDir() || !strings.HasPrefix(name, "LICENSE") && !strings.HasPrefix(name, "LICENCE") && !strings.HasPrefix(name, "COPYING") && !strings.HasPrefix(name, "NOTICE") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		found = true
		fmt.Fprintf(text, "\n---- %s: %s\n\n%s\n", of, f.Name(), bytes.TrimSpace(data))
	}
	if !found {
		return fmt.Errorf("%s has no licence in %s", of, dir)
	}
	return nil
}

// output is what a command prints.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return string(out), nil
}
