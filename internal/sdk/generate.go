package sdk

import (
	"archive/zip"
	"bytes"
	"embed"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Source is what clients are generated from. Nothing changes it.
type Source struct {
	Region    string
	InvokeURL string          // of the stage; what parameters say goes before
	Made      time.Time       // the date of the files
	Resources []wire.Resource // with their methods, those of the deployment
	Stop      func() error    // ends the work with its error; it is asked now and then
}

// maxSize bounds a client's source, in bytes. The largest definitions that quotas let
// through have a few megabytes.
const maxSize = 16 << 20

// maxGrowth is how many bytes of a literal one of a text can become.
const maxGrowth = 6

//go:embed templates
var templates embed.FS

// A generator writes the clients of one language.
type generator struct {
	directory string                             // of the archive, which all files are in
	files     func(c *client) map[string]string  // the templates by the names of the files
	function  func(out *bytes.Buffer, m *method) // writes the function of a method
	name      func(words []string) string        // the name of a method's function
	fill      func(c *client, functions string) *strings.Replacer
}

// generators has the types that are generated here.
func generators() map[string]generator {
	return map[string]generator{"javascript": javascript(), "python": python(), "go": golang()}
}

// A client is one that is generated.
type client struct {
	settings
	region  string
	methods []method
}

// Generate returns a zip archive with a client of a type, the id of one of Types. Its
// errors are the answers to wrong parameters, and Stop's.
func Generate(of *wire.SDKType, parameters map[string]string, src *Source) ([]byte, error) {
	g, ok := generators()[*of.ID]
	if !ok {
		return nil, refuse(of, parameters)
	}
	s, err := parse(of, parameters, src)
	if err != nil {
		return nil, err
	}
	c := &client{settings: s, region: src.Region, methods: methodsOf(src.Resources, g.name)}
	functions, err := c.functions(g, src.Stop)
	if err != nil {
		return nil, err
	}
	return c.archive(g, functions, src.Made)
}

// functions writes the function of each method.
func (c *client) functions(g generator, stop func() error) (string, error) {
	var out bytes.Buffer
	for i := range c.methods {
		if err := stop(); err != nil {
			return "", err
		}
		if out.Len()+maxGrowth*c.methods[i].size() > maxSize {
			return "", wire.BadRequest("The SDK of this API is too large: this server generates at most %d MiB", maxSize>>20)
		}
		g.function(&out, &c.methods[i])
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// archive packs the files.
func (c *client) archive(g generator, functions string, made time.Time) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	fill := g.fill(c, functions)
	files := g.files(c)
	for _, name := range sortedKeys(files) {
		text, err := templates.ReadFile("templates/" + files[name])
		if err != nil {
			return nil, err
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: g.directory + "/" + name, Method: zip.Deflate, Modified: made})
		if err != nil {
			return nil, err
		}
		if _, err := fill.WriteString(f, string(text)); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
