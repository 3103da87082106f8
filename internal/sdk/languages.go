package sdk

import (
	"bytes"
	"fmt"
	"strings"
)

// javascript is the service's own type. Its files stand in the directory in which the
// service's do.
func javascript() generator {
	return generator{
		directory: "apiGateway-js-sdk",
		name:      camelCase,
		files: func(*client) map[string]string {
			return map[string]string{
				"apigClient.js": "javascript/apigClient.js", "package.json": "javascript/package.json", "README.md": "javascript/README.md",
			}
		},
		function: func(out *bytes.Buffer, m *method) {
			var declared []string
			for _, d := range m.declared() {
				if len(d.names) > 0 {
					declared = append(declared, d.kind+": "+list(d.names, "[", "]", quoteJavaScript))
				}
			}
			object := "{}"
			if len(declared) > 0 {
				object = "{ " + strings.Join(declared, ", ") + " }"
			}
			fmt.Fprintf(out, "    client.%s = call(%s, %s, %s);\n", m.name, quoteJavaScript(m.verb), quoteJavaScript(m.path), object)
		},
		fill: func(c *client, functions string) *strings.Replacer {
			stage := fmt.Sprintf("{ invokeUrl: %s, region: %s }", quoteJavaScript(c.invokeURL), quoteJavaScript(c.region))
			return strings.NewReplacer("{{stage}}", stage, "{{operations}}", functions)
		},
	}
}

func python() generator {
	return generator{
		directory: "apiGateway-python-sdk",
		name:      snakeCase,
		files: func(c *client) map[string]string {
			return map[string]string{
				c.packageName + "/__init__.py": "python/init.py", c.packageName + "/client.py": "python/client.py", c.packageName + "/core.py": "python/core.py",
				"pyproject.toml": "python/pyproject.toml", "README.md": "python/README.md",
			}
		},
		function: func(out *bytes.Buffer, m *method) {
			fmt.Fprintf(out, "\n    def %s(self, params=None, body=None, headers=None, query_params=None):\n", m.name)
			var declared []string
			for _, d := range m.declared() {
				declared = append(declared, quotePython(d.kind)+": "+list(d.names, "[", "]", quotePython))
			}
			fmt.Fprintf(out, "        declared = {%s}\n", strings.Join(declared, ", "))
			fmt.Fprintf(out, "        return self._call(%s, %s, declared, params, body, headers, query_params)\n", quotePython(m.verb), quotePython(m.path))
		},
		fill: func(c *client, functions string) *strings.Replacer {
			return strings.NewReplacer("{{operations}}", functions, "{{invokeUrl}}", quotePython(c.invokeURL), "{{region}}", quotePython(c.region), "{{package}}", c.packageName)
		},
	}
}

func golang() generator {
	return generator{
		directory: "apiGateway-go-sdk",
		name:      pascalCase,
		files: func(c *client) map[string]string {
			files := map[string]string{
				"client.go": "go/client.go.txt", "sign.go": "go/sign.go.txt", "methods.go": "go/methods.go.txt", "go.mod": "go/go.mod.txt", "README.md": "go/README.md",
			}
			if len(c.methods) == 0 {
				delete(files, "methods.go") // whose import nothing would use
			}
			return files
		},
		function: func(out *bytes.Buffer, m *method) {
			var declared []string
			for _, d := range m.declared() {
				if len(d.names) > 0 {
					declared = append(declared, d.kind+": "+list(d.names, "[]string{", "}", quoteGo))
				}
			}
			fmt.Fprintf(out, "\n// %s calls one method.\nfunc (c *Client) %s(ctx context.Context, in Input) (*Response, error) {\n", m.name, m.name)
			fmt.Fprintf(out, "\treturn c.call(ctx, %s, %s, declared{%s}, in)\n}\n", quoteGo(m.verb), quoteGo(m.path), strings.Join(declared, ", "))
		},
		fill: func(c *client, functions string) *strings.Replacer {
			return strings.NewReplacer("{{operations}}", functions, "{{invokeUrl}}", quoteGo(c.invokeURL), "{{region}}", quoteGo(c.region),
				"{{package}}", c.packageName, "{{module}}", c.modulePath)
		},
	}
}

// A kind is the names of a method's parameters of one kind.
type kind struct {
	kind  string
	names []string
}

// declared lists the names of the parameters for the code, which gives each kind a member.
func (m *method) declared() []kind {
	return []kind{{"query", m.query}, {"headers", m.headers}, {"required", m.required}}
}
