package functions

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// inherited are the variables that workers have of the gateway's own environment. The
// others are none of their business: they may be its credentials.
var inherited = []string{"PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TERM"}

// inheritedOnWindows are those that programs need there, too.
var inheritedOnWindows = []string{"SystemRoot", "SystemDrive", "PATHEXT", "TEMP", "TMP", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "ComSpec"}

// environment is that of a worker, whose Runtime API is at an address, and which has a log
// stream: what is said last counts. It is good until a time; zero is for ever.
func (f *Function) environment(api, stream string) (all []string, until time.Time) {
	c := &f.config
	var env []string
	names := inherited
	if runtime.GOOS == "windows" {
		names = slices.Concat(inherited, inheritedOnWindows)
	}
	for _, name := range names {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	region := cmp.Or(c.Region, f.set.options.Region)
	env = append(env, "TZ=:UTC", "AWS_REGION="+region, "AWS_DEFAULT_REGION="+region)
	if more := f.set.options.Environment; more != nil {
		var given []string
		given, until = more(c)
		env = append(env, given...)
	}
	env = append(env, f.launch.Env...)
	for name, value := range c.Environment {
		env = append(env, name+"="+value)
	}
	env = append(env,
		"AWS_LAMBDA_RUNTIME_API="+api,
		"AWS_LAMBDA_FUNCTION_NAME="+c.Name,
		"AWS_LAMBDA_FUNCTION_VERSION="+cmp.Or(c.Version, latest),
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(c.Program.Memory),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+c.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME="+stream,
		"LAMBDA_TASK_ROOT="+c.Program.Dir,
		"_HANDLER="+c.Program.Handler,
	)
	if c.Program.Runtime != "" {
		env = append(env, "AWS_EXECUTION_ENV=AWS_Lambda_"+c.Program.Runtime)
	}
	return lastOnes(env), until
}

// latest is the version of functions that have no versions.
const latest = "$LATEST"

// logStream is a name for a worker's log stream, in Lambda's form.
func logStream(now time.Time, version string) string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // it never fails
	return now.UTC().Format("2006/01/02/") + "[" + version + "]" + hex.EncodeToString(id[:])
}

// lastOnes drops the variables that are given again behind.
func lastOnes(env []string) []string {
	seen := make(map[string]bool, len(env))
	var out []string
	for _, text := range slices.Backward(env) {
		name, _, _ := strings.Cut(text, "=")
		if !seen[name] {
			seen[name] = true
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return out
}
