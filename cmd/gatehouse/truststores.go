package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/truststore"
)

// truststoreTime bounds how long S3 may take for a truststore.
const truststoreTime = 15 * time.Second

// versionMark parts the URI of a truststore from its version in the configuration.
const versionMark = "?versionId="

// truststore is a control.Options.Truststore: it reads the file that the configuration
// has for a truststore, else the object in S3, or what stands in for that.
func (p *dataPlane) truststore(ctx context.Context, uri, version string) ([]byte, error) {
	files := *p.truststores.Load()
	key := uri
	if version != "" {
		key += versionMark + version
	}
	if name, ok := files[key]; ok {
		text, err := readTruststore(name)
		if err != nil {
			return nil, fmt.Errorf("its file: %w", err)
		}
		return text, nil
	}
	if _, ok := files[uri]; ok {
		return nil, fmt.Errorf("truststores has no file for its version %s", version)
	}
	ctx, cancel := context.WithTimeout(ctx, truststoreTime)
	defer cancel()
	return p.fetchObject(ctx, uri, version)
}

// readTruststore reads the file of a truststore. The error does not name it, for it goes
// to a client.
func readTruststore(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, reason(err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, truststore.MaxSize+1)) // one more shows that it is too large
	if err != nil {
		return nil, reason(err)
	}
	return text, nil
}

// errNoS3 stands for why S3 cannot be called: that names hosts and credentials of the
// server, and the error goes to a client.
var errNoS3 = errors.New("S3 cannot be called")

// fetchObject reads an object of S3.
func (p *dataPlane) fetchObject(ctx context.Context, uri, version string) ([]byte, error) {
	services := p.services.Load()
	aws := services.AWS
	service, err := aws.Resolve("arn:aws:apigateway:" + p.region + ":s3:path/" + strings.TrimPrefix(uri, "s3://"))
	if nowhere, ok := errors.AsType[*integration.NowhereError](err); ok {
		return nil, nowhere
	}
	if err != nil || slices.ContainsFunc(strings.Split(uri, "/"), func(part string) bool { return part == "." || part == ".." }) {
		return nil, errors.New("its URI cannot be called") // ways out of the bucket, where a proxy stands in for S3
	}
	target := objectPath(service.Target)
	if version != "" {
		target += versionMark + url.QueryEscape(version)
	}
	deadline, _ := ctx.Deadline()
	resp, err := aws.Do(&integration.Request{Method: "GET", Target: target, Client: ctx, Deadline: deadline}, service, "")
	if err != nil {
		services.Log.LogAttrs(ctx, slog.LevelWarn, "truststore cannot be read", slog.String("uri", uri), slog.Any("error", err))
		return nil, errNoS3
	}
	defer resp.Release()
	switch {
	case resp.Status != 200:
		return nil, fmt.Errorf("S3 answers %d", resp.Status)
	case len(resp.Body) > truststore.MaxSize:
		return nil, fmt.Errorf("it is larger than %d bytes", truststore.MaxSize)
	}
	return slices.Clone(resp.Body), nil
}

// objectPath is a path whose letters are all such as a request has: a key of S3 may
// have any.
func objectPath(path string) string { return (&url.URL{Path: path}).EscapedPath() }

// checkTruststores reads the files that the configuration has for truststores, so that
// one that is of no use is told at the start.
func checkTruststores(c *config) error {
	for _, uri := range slices.Sorted(maps.Keys(c.Truststores)) {
		object, _, _ := strings.Cut(uri, versionMark)
		bucket, key, _ := strings.Cut(strings.TrimPrefix(object, "s3://"), "/")
		if !strings.HasPrefix(uri, "s3://") || bucket == "" || key == "" {
			return fmt.Errorf("%q is no URI such as s3://bucket/key", brief(uri))
		}
		text, err := readTruststore(c.Truststores[uri])
		if err == nil {
			_, _, err = truststore.Parse(text, time.Now())
		}
		if err != nil {
			return fmt.Errorf("%q: %s: %w", brief(uri), c.Truststores[uri], err)
		}
	}
	return nil
}
