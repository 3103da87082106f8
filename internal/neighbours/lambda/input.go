package lambda

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/functions"
	"github.com/gatehouse-gw/gatehouse/internal/runtimes"
)

// An unsupported is a member that this server does not act on. It may say what is so
// without it: null, nothing, or an object or list of that.
type unsupported struct{ given bool }

// UnmarshalJSON implements json.Unmarshaler.
func (u *unsupported) UnmarshalJSON(text []byte) error {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	u.given = says(v)
	return nil
}

// says reports whether a value says anything.
func says(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case []any:
		return slices.ContainsFunc(v, says)
	case map[string]any:
		for _, member := range v {
			if says(member) {
				return true
			}
		}
		return false
	}
	return true
}

// settings are what CreateFunction and UpdateFunctionConfiguration have in common.
type settings struct {
	Runtime     *string
	Role        *string `pattern:"arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+"`
	Handler     *string `max:"128" pattern:"[^\\s]*"`
	Description *string `max:"256"`
	Timeout     *int    `min:"1" max:"900"`
	MemorySize  *int    `min:"128" max:"10240"`
	Environment *environmentInput

	TracingConfig    *tracing
	EphemeralStorage *ephemeral
	SnapStart        *snapStart
	LoggingConfig    *logging

	VpcConfig, DeadLetterConfig, KMSKeyArn, Layers, FileSystemConfigs, ImageConfig         unsupported
	CapacityProviderConfig, DurableConfig, RuntimeConfig, AcceleratorConfig, TenancyConfig unsupported
}

type environmentInput struct {
	Variables map[string]string `json:"Variables"`
}

type tracing struct {
	Mode string `enum:"Active|PassThrough"`
}

type ephemeral struct {
	Size int `json:"Size" min:"512" max:"10240"`
}

type snapStart struct {
	ApplyOn string `enum:"PublishedVersions|None"`
}

type logging struct {
	LogFormat           string `json:"LogFormat" enum:"JSON|Text"`
	LogGroup            string `json:"LogGroup,omitempty"`
	ApplicationLogLevel string `json:"ApplicationLogLevel,omitempty"`
	SystemLogLevel      string `json:"SystemLogLevel,omitempty"`
}

// refuse reports what of the settings this server does not act on.
func (in *settings) refuse(name string) error {
	for member, given := range map[string]bool{
		"VpcConfig": in.VpcConfig.given, "DeadLetterConfig": in.DeadLetterConfig.given, "KMSKeyArn": in.KMSKeyArn.given, "Layers": in.Layers.given,
		"FileSystemConfigs": in.FileSystemConfigs.given, "ImageConfig": in.ImageConfig.given, "CapacityProviderConfig": in.CapacityProviderConfig.given,
		"DurableConfig": in.DurableConfig.given, "RuntimeConfig": in.RuntimeConfig.given, "AcceleratorConfig": in.AcceleratorConfig.given, "TenancyConfig": in.TenancyConfig.given,
		"TracingConfig.Mode Active":           in.TracingConfig != nil && in.TracingConfig.Mode == "Active",
		"SnapStart.ApplyOn PublishedVersions": in.SnapStart != nil && in.SnapStart.ApplyOn == "PublishedVersions",
		"EphemeralStorage.Size above 512":     in.EphemeralStorage != nil && in.EphemeralStorage.Size > ephemeralSize,
	} {
		if given {
			return invalid("This server does not support %s", member)
		}
	}
	if l := in.LoggingConfig; l != nil && (l.LogFormat == "JSON" || l.ApplicationLogLevel != "" || l.SystemLogLevel != "" || l.LogGroup != "" && l.LogGroup != logGroup(name)) {
		return invalid("This server does not support LoggingConfig but for LogFormat Text and LogGroup %s", logGroup(name))
	}
	return nil
}

// ephemeralSize is the size of /tmp that functions have where nothing is said, in MB.
const ephemeralSize = 512

// logGroup is the log group of a function.
func logGroup(name string) string { return "/aws/lambda/" + name }

// maxEnvironment bounds the variables of a function, in bytes (documented).
const maxEnvironment = 4 << 10

// apply makes the settings those of a version.
func (in *settings) apply(v *version) error {
	set(&v.Runtime, in.Runtime)
	set(&v.Role, in.Role)
	set(&v.Handler, in.Handler)
	set(&v.Description, in.Description)
	set(&v.Timeout, in.Timeout)
	set(&v.Memory, in.MemorySize)
	if in.Environment != nil {
		v.Environment = in.Environment.Variables
	}
	return v.check()
}

func set[T any](to *T, given *T) {
	if given != nil {
		*to = *given
	}
}

// check reports what of a version cannot be, whatever this machine has.
func (v *version) check() error {
	size := 0
	for name, value := range v.Environment {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return invalid("1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]")
		}
		size += len(name) + len(value)
	}
	if size > maxEnvironment {
		return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: %d", size)
	}
	program := runtimes.Program{Runtime: v.Runtime, Handler: v.Handler, Dir: string(filepath.Separator), Memory: v.Memory}
	if v.Runtime == "" {
		return invalid("1 validation error detected: Value null at 'runtime' failed to satisfy constraint: Member must not be null")
	}
	c := functions.Config{Program: program, Environment: v.Environment}
	if err := c.Check(); err != nil {
		text, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "environment: "), "; command ") // which is of the configuration file
		return invalid("%s", text)
	}
	return nil
}

// architecture is that of a function: the one that it names, or Lambda's own.
func architecture(named []string, before string) (string, error) {
	if len(named) == 0 {
		return before, nil
	}
	if !slices.Contains([]string{"x86_64", "arm64"}, named[0]) || len(named) > 1 {
		return "", invalid("1 validation error detected: Value '[%s]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]", strings.Join(named, ", "))
	}
	return named[0], nil
}

// An archiveInput is where the code of a function comes from.
type archiveInput struct {
	ZipFile         []byte
	S3Bucket        string
	S3Key           string
	S3ObjectVersion string

	ImageUri, SourceKMSKeyArn, S3ObjectStorageMode unsupported //nolint:revive,staticcheck // AWS's names
}

// localDirectory is what S3Bucket says where S3Key is a directory of this machine.
const localDirectory = "local-directory"

// source checks where the code comes from: it is an archive, or a directory.
func (in *archiveInput) source() (dir string, err error) {
	switch {
	case in.ImageUri.given:
		return "", invalid("This server does not support ImageUri: functions are of PackageType Zip")
	case in.SourceKMSKeyArn.given:
		return "", invalid("This server does not support SourceKMSKeyArn")
	case in.S3Bucket == "" && in.S3Key == "":
		return "", nil
	case len(in.ZipFile) > 0:
		return "", invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
	case in.S3Bucket != localDirectory:
		return "", invalid("This server has no S3, and so no bucket %.100q: send the code as ZipFile, or run that of a directory with S3Bucket %s and S3Key its absolute path", in.S3Bucket, localDirectory)
	case !filepath.IsAbs(in.S3Key) || bytes.ContainsRune([]byte(in.S3Key), 0):
		return "", invalid("S3Key %.100q is no absolute path of a directory, which S3Bucket %s says", in.S3Key, localDirectory)
	}
	return filepath.Clean(in.S3Key), nil
}

// otherMachine tells the user that a program may be for another machine; "" where it is
// for this one.
func otherMachine(arch string) string {
	own := map[string]string{"amd64": "x86_64"}[runtime.GOARCH]
	if own == "" {
		own = runtime.GOARCH
	}
	if own == arch {
		return ""
	}
	return fmt.Sprintf("; the function is for %s, and this machine is %s", arch, own)
}
