package runtimes

import (
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestProgramCheck(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		program Program
		err     string // part of the error wanted, "" for none
	}{
		"nodejs22.x":        {Program{Runtime: "nodejs22.x", Handler: "index.handler"}, ""},
		"python3.13":        {Program{Runtime: "python3.13", Handler: "app.f"}, ""},
		"java21":            {Program{Runtime: "java21", Handler: "example.Handler"}, ""},
		"java8.al2":         {Program{Runtime: "java8.al2", Handler: "example.Handler"}, ""},
		"provided":          {Program{Runtime: "provided"}, ""},
		"provided.al2023":   {Program{Runtime: "provided.al2023", Handler: "any"}, ""},
		"command":           {Program{Command: []string{"./run"}}, ""},
		"nothing":           {Program{}, "needs runtime"},
		"both":              {Program{Runtime: "nodejs22.x", Command: []string{"x"}, Handler: "index.handler"}, "both runtime and command"},
		"no handler":        {Program{Runtime: "nodejs22.x"}, "the runtime nodejs22.x needs handler, such as index.handler"},
		"another language":  {Program{Runtime: "ruby3.3", Handler: "x.y"}, `the runtime "ruby3.3" is not one of`},
		"no runtime's name": {Program{Runtime: "nodejs22.x; rm -rf /", Handler: "x.y"}, "is not one of"},
		"python2.7":         {Program{Runtime: "python2.7", Handler: "x.y"}, "is not one of"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantError(t, tt.program.Check(), tt.err)
		})
	}
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if (err == nil) != (part == "") || err != nil && !strings.Contains(err.Error(), part) {
		t.Errorf("got the error %v, want %q", err, part)
	}
}

// executables writes programs that print a text, and returns the paths of their
// directories below a new one.
func executables(t *testing.T, prints map[string]string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the interpreters of the test are shell scripts")
	}
	root := t.TempDir()
	for name, text := range prints {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho \""+strings.ReplaceAll(text, "SELF", path)+"\"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// Which interpreter runs a runtime: that of the version, or the nearest with a note.
func TestInterpreters(t *testing.T) {
	tests := map[string]struct {
		runtime string
		have    map[string]string // below bin, which is PATH, home, and code, which is the code's directory
		want    string            // its path
		note    string            // part of the note
		err     string            // or of the error
	}{
		"the version's name":      {runtime: "nodejs22.x", have: map[string]string{"bin/node22": "22.1.0 SELF", "bin/node": "20.1.0 SELF"}, want: "bin/node22"},
		"in PATH":                 {runtime: "nodejs22.x", have: map[string]string{"bin/node": "22.1.0 SELF"}, want: "bin/node"},
		"a script that chooses":   {runtime: "nodejs22.x", have: map[string]string{"bin/node": "22.1.0 /real/node"}, want: "/real/node"},
		"of a version manager":    {runtime: "nodejs22.x", have: map[string]string{"bin/node": "20.1.0 SELF", "home/.nvm/versions/node/v22.3.1/bin/node": "22.3.1 SELF", "home/.nvm/versions/node/v18.3.1/bin/node": "18.3.1 SELF"}, want: "home/.nvm/versions/node/v22.3.1/bin/node"},
		"newer before older":      {runtime: "nodejs20.x", have: map[string]string{"bin/node": "19.1.0 SELF", "home/.nvm/versions/node/v21.3.1/bin/node": "21.3.1 SELF"}, want: "home/.nvm/versions/node/v21.3.1/bin/node", note: "nodejs20.x runs with Node.js 21"},
		"nearest":                 {runtime: "nodejs24.x", have: map[string]string{"bin/node": "20.1.0 SELF"}, want: "bin/node", note: "nodejs24.x runs with Node.js 20"},
		"broken":                  {runtime: "nodejs22.x", have: map[string]string{"bin/node22": "no version", "bin/node": "22.1.0 SELF"}, want: "bin/node"},
		"told no credentials":     {runtime: "nodejs22.x", have: map[string]string{"bin/node": "22.1.0 SELF$AWS_SECRET_ACCESS_KEY$GATEHOUSE_SECRETS"}, want: "bin/node"},
		"too old":                 {runtime: "nodejs22.x", have: map[string]string{"bin/node": "12.22.0 SELF"}, err: "no node of version 16 or later"},
		"no Node.js":              {runtime: "nodejs22.x", err: "nodejs22.x needs Node.js, and this machine has no node of version 16 or later in PATH or where version managers install: get it from https://nodejs.org"},
		"Python's minor version":  {runtime: "python3.12", have: map[string]string{"bin/python3.12": "3.12 SELF", "bin/python3": "3.11 SELF"}, want: "bin/python3.12"},
		"another Python":          {runtime: "python3.9", have: map[string]string{"bin/python3": "3.11 SELF"}, want: "bin/python3", note: "python3.9 runs with Python 3.11"},
		"pyenv":                   {runtime: "python3.9", have: map[string]string{"bin/python3": "3.11 SELF", "home/.pyenv/versions/3.9.18/bin/python3": "3.9 SELF", "home/.pyenv/versions/3.12.1/bin/python3": "3.12 SELF"}, want: "home/.pyenv/versions/3.9.18/bin/python3"},
		"uv":                      {runtime: "python3.12", have: map[string]string{"home/.local/share/uv/python/cpython-3.12.3-linux-x86_64-gnu/bin/python3": "3.12 SELF"}, want: "home/.local/share/uv/python/cpython-3.12.3-linux-x86_64-gnu/bin/python3"},
		"the project's own":       {runtime: "python3.12", have: map[string]string{"bin/python3.12": "3.12 SELF", "code/.venv/bin/python3": "3.11 SELF"}, want: "code/.venv/bin/python3", note: "python3.12 runs with Python 3.11"},
		"no Python":               {runtime: "python3.12", have: map[string]string{"bin/python": "2.7 SELF"}, err: "uv python install 3.12"},
		"no Java":                 {runtime: "java21", err: "java21 needs Java, and this machine has no java in PATH"},
		"no program of a command": {runtime: "", err: "command: exec: \"run\": executable file not found in $PATH"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := executables(t, tt.have)
			t.Setenv("PATH", filepath.Join(root, "bin"))
			t.Setenv("HOME", filepath.Join(root, "home"))
			t.Setenv("VIRTUAL_ENV", "")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
			t.Setenv("GATEHOUSE_SECRETS", "secret")
			p := Program{Runtime: tt.runtime, Handler: "app.f", Dir: filepath.Join(root, "code"), Memory: 100}
			if tt.runtime == "" {
				p.Command = []string{"run"}
			}
			m := &Machine{Scratch: t.TempDir()}
			launch, err := m.Launch(&p)
			wantError(t, err, tt.err)
			if err != nil {
				return
			}
			if want := tt.want; launch.Args[0] != want && launch.Args[0] != filepath.Join(root, want) {
				t.Errorf("it runs %s, want %s", launch.Args[0], want)
			}
			if !strings.HasPrefix(launch.Note, tt.note) || (launch.Note == "") != (tt.note == "") {
				t.Errorf("it notes %q, want %q", launch.Note, tt.note)
			}
			if _, err := os.Stat(launch.Args[len(launch.Args)-1]); err != nil {
				t.Errorf("the bootstrap: %v", err)
			}
			if strings.HasPrefix(tt.runtime, "nodejs") && launch.Args[1] != "--max-old-space-size=90" {
				t.Errorf("its heap is bounded by %s", launch.Args[1])
			}
		})
	}
}

// What PATH has is asked once, for however many functions.
func TestInterpreterIsAskedOnce(t *testing.T) {
	root := executables(t, map[string]string{"bin/node": "22.1.0 SELF"})
	count := filepath.Join(root, "count")
	if err := os.WriteFile(filepath.Join(root, "bin/node"), []byte("#!/bin/sh\necho x >>"+count+"\necho 22.1.0 $0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Join(root, "bin"))
	m := &Machine{Scratch: t.TempDir()}
	for range 5 {
		if _, err := m.Launch(&Program{Runtime: "nodejs22.x", Handler: "a.b", Dir: root}); err != nil {
			t.Fatal(err)
		}
	}
	if text, _ := os.ReadFile(count); string(text) != "x\n" {
		t.Errorf("it was asked %d times", strings.Count(string(text), "x"))
	}
}

func TestProvided(t *testing.T) {
	t.Parallel()
	foreign := map[string]elf.Machine{"amd64": elf.EM_AARCH64, "arm64": elf.EM_X86_64}[runtime.GOARCH]
	header := make([]byte, 64) // of an ELF file without sections
	copy(header, "\x7fELF\x02\x01\x01")
	binary.LittleEndian.PutUint16(header[16:], uint16(elf.ET_EXEC))
	binary.LittleEndian.PutUint16(header[18:], uint16(foreign))
	binary.LittleEndian.PutUint32(header[20:], 1)
	binary.LittleEndian.PutUint16(header[52:], 64)
	tests := map[string]struct {
		text  string
		mode  os.FileMode
		layer bool
		err   string
	}{
		"script":           {text: "#!/bin/sh\n", mode: 0o755},
		"in a layer":       {text: "#!/bin/sh\n", mode: 0o755, layer: true},
		"not executable":   {text: "#!/bin/sh\n", mode: 0o644, err: "is not executable: chmod +x"},
		"another computer": {text: string(header), mode: 0o755, err: "build it for that, as by GOOS=" + runtime.GOOS + " GOARCH=" + runtime.GOARCH},
		"absent":           {err: "provided.al2023 needs an executable called bootstrap in "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := Program{Runtime: "provided.al2023", Dir: t.TempDir(), Layers: []string{t.TempDir()}}
			want := filepath.Join(p.Dir, "bootstrap")
			if tt.layer {
				want = filepath.Join(p.Layers[0], "bootstrap")
			}
			if tt.mode != 0 {
				if err := os.WriteFile(want, []byte(tt.text), tt.mode); err != nil {
					t.Fatal(err)
				}
			}
			launch, err := machine.Launch(&p)
			wantError(t, err, tt.err)
			if err == nil && !slices.Equal(launch.Args, []string{want}) {
				t.Errorf("it runs %q, want %s", launch.Args, want)
			}
		})
	}
}

// Programs and libraries of layers are found as those below /opt are.
func TestLayerPaths(t *testing.T) {
	t.Parallel()
	lower, upper := project(t, map[string]string{"bin/tool": "", "lib/a.so": ""}), project(t, map[string]string{"bin/tool": ""})
	p := Program{Command: []string{"sh"}, Dir: t.TempDir(), Layers: []string{lower, upper}}
	launch, err := machine.Launch(&p)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"PATH=" + pathList([]string{filepath.Join(upper, "bin"), filepath.Join(lower, "bin"), os.Getenv("PATH")}),
		"LD_LIBRARY_PATH=" + pathList([]string{p.Dir, filepath.Join(p.Dir, "lib"), filepath.Join(lower, "lib")}),
	}
	if !slices.Equal(launch.Env, want) {
		t.Errorf("got %q, want %q", launch.Env, want)
	}
}

func TestJava(t *testing.T) {
	root := executables(t, map[string]string{"bin/java": ""})
	t.Setenv("PATH", filepath.Join(root, "bin"))
	layer := project(t, map[string]string{"java/lib/client.jar": ""})
	launch, err := machine.Launch(&Program{Runtime: "java21", Handler: "example.Handler::handle", Dir: "/code", Layers: []string{layer}, Memory: 100, Debug: "127.0.0.1:5005"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(root, "bin/java"), "-Xmx80m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", "/code:/code/*:/code/lib/*:" + layer + "/java/lib/*",
		"-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address=127.0.0.1:5005", "com.amazonaws.services.lambda.runtime.api.client.AWSLambda", "example.Handler::handle"}
	if !slices.Equal(launch.Args, want) {
		t.Errorf("got %q, want %q", launch.Args, want)
	}
	if !strings.Contains(launch.Note, "java21 needs aws-lambda-java-runtime-interface-client from Maven") {
		t.Errorf("got the note %q", launch.Note)
	}
	dir := project(t, map[string]string{"lib/aws-lambda-java-runtime-interface-client-2.8.3.jar": ""})
	if launch, err = machine.Launch(&Program{Runtime: "java21", Handler: "example.Handler", Dir: dir, Memory: 100}); err != nil || launch.Note != "" {
		t.Errorf("got the note %q and %v for code that has it", launch.Note, err)
	}
}

// Node.js waits for a debugger before it loads the code.
func TestNodeDebugger(t *testing.T) {
	t.Parallel()
	p := nodeFunction(t, "index.handler", map[string]string{"index.js": `console.log('loaded'); exports.handler = async () => 1`})
	p.Debug = "127.0.0.1:0"
	w := startWorker(t, p)
	w.line("Debugger listening on ws://127.0.0.1:")
	if lines := w.lines(); slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, "loaded") }) {
		t.Errorf("it has loaded the code: %q", lines)
	}
}

// Python waits for debugpy, for which the test puts a module of its name.
func TestPythonDebugger(t *testing.T) {
	t.Parallel()
	debugpy := "def listen(address): print('listens at %s:%d' % address)\ndef wait_for_client(): print('attached')"
	p := pythonFunction(t, "app.f", map[string]string{"app.py": "print('loaded')\ndef f(event, context): return 1", "debugpy.py": debugpy})
	p.Debug = "127.0.0.1:5678"
	p.Layers = []string{project(t, map[string]string{"python/debugpy.py": debugpy})}
	w := startWorker(t, p)
	w.returns(`1`, `1`)
	w.line("listens at 127.0.0.1:5678")
	w.line("attached")
	w.line("loaded")
}

// Without debugpy there is nothing to wait for.
func TestPythonWithoutDebugger(t *testing.T) {
	root := executables(t, map[string]string{"bin/python3.12": "3.12 SELF"})
	path := filepath.Join(root, "bin/python3.12")
	if err := os.WriteFile(path, []byte("#!/bin/sh\ncase \"$2\" in *debugpy*) exit 1;; esac\necho 3.12 "+path+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Join(root, "bin"))
	t.Setenv("VIRTUAL_ENV", "")
	m := &Machine{Scratch: t.TempDir()}
	_, err := m.Launch(&Program{Runtime: "python3.12", Handler: "app.f", Dir: root, Debug: "127.0.0.1:5678"})
	wantError(t, err, "debugging needs debugpy, which "+path+" has not: "+path+" -m pip install debugpy")
	for _, p := range []Program{{Runtime: "provided", Dir: root, Debug: "127.0.0.1:1"}, {Command: []string{"sh"}, Dir: root, Debug: "127.0.0.1:1"}} {
		_, err := m.Launch(&p)
		wantError(t, err, "debugging is for functions in Node.js, Python and Java")
	}
}
