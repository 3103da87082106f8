package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"time"
)

// nobody is the user, and the group, as whom the image's program runs.
const nobody = 65532

const (
	mediaIndex    = "application/vnd.oci.image.index.v1+json"
	mediaManifest = "application/vnd.oci.image.manifest.v1+json"
	mediaConfig   = "application/vnd.oci.image.config.v1+json"
	mediaLayer    = "application/vnd.oci.image.layer.v1.tar+gzip"
	mediaEmpty    = "application/vnd.oci.empty.v1+json"
	mediaBill     = "application/vnd.cyclonedx+json"
)

// The types are those of the OCI's image specification 1.1 that an image of ours needs.
type (
	descriptor struct {
		MediaType    string            `json:"mediaType"`
		ArtifactType string            `json:"artifactType,omitempty"`
		Digest       string            `json:"digest"`
		Size         int               `json:"size"`
		Annotations  map[string]string `json:"annotations,omitempty"`
		Platform     *ociPlatform      `json:"platform,omitempty"`
	}
	ociPlatform struct {
		Architecture string `json:"architecture"`
		OS           string `json:"os"`
		Variant      string `json:"variant,omitempty"`
	}
	ociIndex struct {
		SchemaVersion int               `json:"schemaVersion"`
		MediaType     string            `json:"mediaType"`
		Manifests     []descriptor      `json:"manifests"`
		Annotations   map[string]string `json:"annotations,omitempty"`
	}
	ociManifest struct {
		SchemaVersion int               `json:"schemaVersion"`
		MediaType     string            `json:"mediaType"`
		ArtifactType  string            `json:"artifactType,omitempty"`
		Config        descriptor        `json:"config"`
		Layers        []descriptor      `json:"layers"`
		Subject       *descriptor       `json:"subject,omitempty"`
		Annotations   map[string]string `json:"annotations,omitempty"`
	}
	ociConfig struct {
		Created string `json:"created"`
		ociPlatform
		Config  containerConfig `json:"config"`
		RootFS  rootFS          `json:"rootfs"`
		History []history       `json:"history"`
	}
	containerConfig struct {
		User         string              `json:"User"`
		ExposedPorts map[string]struct{} `json:"ExposedPorts"`
		Env          []string            `json:"Env"`
		Entrypoint   []string            `json:"Entrypoint"`
		Cmd          []string            `json:"Cmd"`
		Volumes      map[string]struct{} `json:"Volumes"`
		WorkingDir   string              `json:"WorkingDir"`
		Labels       map[string]string   `json:"Labels"`
	}
	rootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	}
	history struct {
		Created   string `json:"created"`
		CreatedBy string `json:"created_by"`
	}
	// dockerImage is an entry of manifest.json, which Docker reads whose images are not
	// containerd's.
	dockerImage struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
)

// An imageFile is an image on its way into a tar: an OCI layout, which docker load
// takes, too.
type imageFile struct {
	release *release
	blobs   map[string]entry
	layout  ociIndex      // index.json
	docker  []dockerImage // manifest.json
}

// image makes the image of a release for all platforms of Linux.
func (r *release) image(builds []*build) ([]byte, error) {
	f := &imageFile{release: r, blobs: make(map[string]entry), layout: ociIndex{SchemaVersion: 2, MediaType: mediaIndex}}
	base, err := r.base()
	if err != nil {
		return nil, err
	}
	index := ociIndex{SchemaVersion: 2, MediaType: mediaIndex, Annotations: r.labels()}
	var bills []descriptor
	for _, b := range builds {
		manifest, bill, err := f.platform(b, base)
		if err != nil {
			return nil, err
		}
		index.Manifests = append(index.Manifests, manifest)
		bills = append(bills, bill)
	}
	whole, err := f.document(mediaIndex, index)
	if err != nil {
		return nil, err
	}
	whole.Annotations = map[string]string{
		"org.opencontainers.image.ref.name": r.source.version,
		"io.containerd.image.name":          "docker.io/library/gatehouse:" + r.source.version,
	}
	f.layout.Manifests = append([]descriptor{whole}, bills...)
	return f.pack()
}

// platform adds the image of one platform, and its bill of materials as an artifact
// that refers to it.
func (f *imageFile) platform(b *build, base []entry) (manifest, bill descriptor, err error) {
	r := f.release
	var layers []descriptor
	var diffs []string
	created := r.source.time.Format(time.RFC3339)
	config := ociConfig{Created: created, ociPlatform: ociPlatform{Architecture: b.platform.arch, OS: b.platform.os}, Config: r.container()}
	if b.platform.arch == "arm64" {
		config.Variant = "v8"
	}
	for _, l := range []struct {
		name    string
		entries []entry
	}{{"certificates, users, directories", base}, {"gatehouse " + r.source.version, programOf(b)}} {
		plain, err := packTar(l.entries, r.source.time)
		if err != nil {
			return manifest, bill, err
		}
		packed, err := compress(plain)
		if err != nil {
			return manifest, bill, err
		}
		layers = append(layers, f.blob(mediaLayer, packed))
		diffs = append(diffs, digestOf(plain))
		config.History = append(config.History, history{created, l.name})
	}
	config.RootFS = rootFS{"layers", diffs}
	about, err := f.document(mediaConfig, config)
	if err != nil {
		return manifest, bill, err
	}
	if manifest, err = f.document(mediaManifest, ociManifest{SchemaVersion: 2, MediaType: mediaManifest, Config: about, Layers: layers, Annotations: r.labels()}); err != nil {
		return manifest, bill, err
	}
	tag := "gatehouse:" + r.source.version + "-" + b.platform.arch
	image := dockerImage{Config: blobPath(about.Digest), RepoTags: []string{tag}}
	for _, l := range layers {
		image.Layers = append(image.Layers, blobPath(l.Digest))
	}
	f.docker = append(f.docker, image)
	subject := manifest
	bill, err = f.document(mediaManifest, ociManifest{
		SchemaVersion: 2, MediaType: mediaManifest, ArtifactType: mediaBill, Subject: &subject,
		Config: f.blob(mediaEmpty, []byte("{}")), Layers: []descriptor{f.blob(mediaBill, b.bill)},
	})
	bill.ArtifactType = mediaBill
	manifest.Platform = &config.ociPlatform
	return manifest, bill, err
}

// programOf are the files of a program in its image.
func programOf(b *build) []entry {
	list := []entry{{name: "gatehouse", mode: 0o755, data: b.program}, {name: "licenses/", mode: fs.ModeDir | 0o755}}
	for _, e := range b.licences {
		e.name = "licenses/" + e.name
		list = append(list, e)
	}
	return list
}

// container is how the image is run. The address is one that other machines reach, so
// that serve asks for credentials, or to be told that it needs none.
func (r *release) container() containerConfig {
	return containerConfig{
		User:         fmt.Sprintf("%d:%d", nobody, nobody),
		ExposedPorts: map[string]struct{}{"4566/tcp": {}},
		Env:          []string{"PATH=/"},
		Entrypoint:   []string{"/gatehouse"},
		Cmd:          []string{"serve", "--listen", "0.0.0.0:4566", "--data-dir", "/data"},
		Volumes:      map[string]struct{}{"/data": {}},
		WorkingDir:   "/data",
		Labels:       r.labels(),
	}
}

func (r *release) labels() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":    "gatehouse",
		"org.opencontainers.image.version":  r.source.version,
		"org.opencontainers.image.revision": r.source.revision,
		"org.opencontainers.image.created":  r.source.time.Format(time.RFC3339),
		"org.opencontainers.image.licenses": "Apache-2.0",
	}
}

// base is what is in the image beside the program: authorities that backends'
// certificates lead to, the user's name, and the directories that may be written to.
func (r *release) base() ([]entry, error) {
	roots, err := authorities()
	if err != nil {
		return nil, err
	}
	users := fmt.Sprintf("root:x:0:0:root:/:/none\nnobody:x:%[1]d:%[1]d:nobody:/data:/none\n", nobody)
	return []entry{
		{name: "data/", mode: fs.ModeDir | 0o700, user: nobody},
		{name: "etc/", mode: fs.ModeDir | 0o755},
		{name: "etc/group", mode: 0o644, data: fmt.Appendf(nil, "root:x:0:\nnobody:x:%d:\n", nobody)},
		{name: "etc/passwd", mode: 0o644, data: []byte(users)},
		{name: "etc/ssl/", mode: fs.ModeDir | 0o755},
		{name: "etc/ssl/certs/", mode: fs.ModeDir | 0o755},
		{name: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, data: roots},
		{name: "tmp/", mode: fs.ModeDir | fs.ModeSticky | 0o777},
	}, nil
}

// document adds a value as JSON.
func (f *imageFile) document(mediaType string, value any) (descriptor, error) {
	data, err := json.Marshal(value)
	return f.blob(mediaType, data), err
}

// blob adds bytes under their digest.
func (f *imageFile) blob(mediaType string, data []byte) descriptor {
	digest := digestOf(data)
	f.blobs[digest] = entry{name: blobPath(digest), mode: 0o644, data: data}
	return descriptor{MediaType: mediaType, Digest: digest, Size: len(data)}
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func blobPath(digest string) string { return "blobs/sha256/" + digest[len("sha256:"):] }

// pack makes the tar.
func (f *imageFile) pack() ([]byte, error) {
	layout, err := json.Marshal(f.layout)
	if err != nil {
		return nil, err
	}
	docker, err := json.Marshal(f.docker)
	if err != nil {
		return nil, err
	}
	entries := []entry{
		{name: "blobs/", mode: fs.ModeDir | 0o755},
		{name: "blobs/sha256/", mode: fs.ModeDir | 0o755},
		{name: "index.json", mode: 0o644, data: layout},
		{name: "manifest.json", mode: 0o644, data: docker},
		{name: "oci-layout", mode: 0o644, data: []byte(`{"imageLayoutVersion":"1.0.0"}`)},
	}
	for _, e := range f.blobs {
		entries = append(entries, e)
	}
	return packTar(entries, f.release.source.time)
}
