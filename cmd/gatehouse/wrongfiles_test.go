package main

// wrongCommands are command lines that are none of ours.
var wrongCommands = map[string]wrongInput{
	"a command of nothing":        {args: "nonsense", want: `nonsense is no command of gatehouse (gatehouse --help lists them)`, exit: 2},
	"a misspelt command":          {args: "sevre", want: `sevre is no command of gatehouse; did you mean serve?`, exit: 2},
	"help for a misspelt one":     {args: "help serv", want: `serv is no command of gatehouse; did you mean serve?`, exit: 2},
	"help for one below another":  {args: "help vtl tets", want: `tets is no command of gatehouse vtl; did you mean test?`, exit: 2},
	"one below another":           {args: "vtl tets", want: `tets is no command of gatehouse vtl; did you mean test?`, exit: 2},
	"one below another, near two": {args: "vtl rnu", want: `rnu is no command of gatehouse vtl; did you mean run?`, exit: 2},
	"an argument for none":        {args: "serve extra", want: `serve: "extra" is an argument too many; it takes none`, exit: 2},
	"no file for dev":             {args: "dev", want: `dev: FILE (the OpenAPI file to serve) is missing; usage: gatehouse dev FILE [flags]`, exit: 2},
	"two files for dev":           {args: "dev api.yaml other.yaml", want: `dev: "other.yaml" is an argument too many; it takes FILE`, exit: 2},
	"a URL without a stage":       {args: "url a1b2c3d4e5", want: `url: STAGE (the name of a stage of it) is missing; usage: gatehouse url API STAGE [flags]`, exit: 2},
	"a URL of nothing":            {args: "url", want: `url: API (the id of an API) is missing; usage: gatehouse url API STAGE [flags]`, exit: 2},
	"no id of an API":             {args: "url $(id) prod", want: `API: "$(id)" is no id of an API: it has letters, digits, - and _`},
	"no name of a stage":          {args: "url a1b2c3d4e5 ../x", want: `STAGE: "../x" is no name of a stage: it has letters, digits, - and _`},
	"no server's URL":             {args: "url a1b2c3d4e5 prod --endpoint here", want: `--endpoint: "here" is no URL such as http://127.0.0.1:9000: the scheme is not http or https`},
	"no server for a shell":       {args: "env --endpoint http://a;id", want: `--endpoint: "http://a;id" is no URL such as http://127.0.0.1:9000: the host is malformed`},
	"no region for a shell":       {args: "env --region $(id)", want: `--region: "$(id)" is no region such as us-east-1`},
	"no server to ask":            {args: "doctor --endpoint 127.0.0.1:4566", want: `--endpoint: "127.0.0.1:4566" is no URL such as http://127.0.0.1:9000: the scheme is not http or https`},
	"no server there":             {args: "doctor --endpoint http://127.0.0.1:1", want: `no server answers at http://127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused`},
	"no file to back up to":       {args: "backup", want: `backup: FILE (to copy the data to) is missing; usage: gatehouse backup FILE [flags]`, exit: 2},
	"a backup to the screen":      {args: "backup -", want: `FILE: - is no file: a backup is written beside its place and moved there, which standard output is not`},
	"no file to restore":          {args: "restore", want: `restore: FILE (a file of gatehouse backup) is missing; usage: gatehouse restore FILE [flags]`, exit: 2},
	"no template":                 {args: "vtl run", want: `vtl run: FILE (a template or - for standard input) is missing; usage: gatehouse vtl run [FILE] [flags]`, exit: 2},
	"no cases":                    {args: "vtl test", want: `vtl test: CASES.jsonl (a file of cases or - for standard input) is missing; usage: gatehouse vtl test CASES.jsonl [flags]`, exit: 2},
	"a version of something":      {args: "version 1", want: `version: "1" is an argument too many; it takes none`, exit: 2},
}

// tls is the beginning of a configuration with certificates.
const tlsConfiguration = "gateway-tls-listen: 127.0.0.1:0\nlisten: 127.0.0.1:0\nin-memory: true\ncertificates:\n"

// wrongFiles are files that are named by a command line or a configuration.
var wrongFiles = map[string]wrongInput{
	"no configuration":              {args: "serve --config nowhere.yaml", want: `configuration file nowhere.yaml: no such file or directory`},
	"a directory for it":            {args: "serve --config .", want: `configuration file .: is a directory`},
	"no definition":                 {args: "dev nowhere.yaml", want: `nowhere.yaml: no such file or directory`},
	"a directory for it, in dev":    {args: "dev data", data: map[string]string{"data/x": ""}, want: `data is a directory; name the OpenAPI file in it: gatehouse dev data/openapi.yaml`},
	"no certificate":                {args: "serve", file: tlsConfiguration + "  - {cert: none.pem, key: none.key}\n", want: `certificates[0].cert: none.pem: no such file or directory`},
	"no certificate in the file":    {args: "serve", file: tlsConfiguration + "  - {cert: c.pem, key: k.pem}\n", data: map[string]string{"c.pem": "x"}, want: `certificates[0].cert: c.pem holds no certificate in PEM form`},
	"no key":                        {args: "serve", file: tlsConfiguration + "  - {cert: c.pem, key: none.key}\n", data: map[string]string{"c.pem": someCertificate}, want: `certificates[0].key: none.key: no such file or directory`},
	"a certificate for the key":     {args: "serve", file: tlsConfiguration + "  - {cert: c.pem, key: c.pem}\n", data: map[string]string{"c.pem": someCertificate}, want: `certificates[0].key: c.pem holds no private key in PEM form`},
	"an access log nowhere":         {args: "serve --listen 127.0.0.1:0 --in-memory --access-log nowhere/access.log", want: `access-log: open nowhere/access.log: no such file or directory`},
	"no credentials":                {args: "serve --listen 127.0.0.1:0 --in-memory --credentials none.yaml", want: `credentials file none.yaml: no such file or directory`},
	"no file of keys":               {args: "serve --listen 127.0.0.1:0 --secrets-key-file none.key", want: `secrets-key-file: none.key: no such file or directory`},
	"a directory of keys":           {args: "serve --listen 127.0.0.1:0 --secrets-key-file keys", data: map[string]string{"keys/x": ""}, want: `secrets-key-file: keys: is a directory`},
	"no key in it":                  {args: "serve --listen 127.0.0.1:0", file: "secrets-key-file: s.key\n", data: map[string]string{"s.key": "# none\n\n"}, want: `secrets-key-file: s.key: there is no key: 32 bytes in base64 or hexadecimal, such as openssl rand -base64 32 prints`},
	"a key that is too short":       {args: "serve --listen 127.0.0.1:0", file: "secrets-key-file: s.key\n", data: map[string]string{"s.key": someSecret + "c2hvcnQ=\n"}, want: `secrets-key-file: s.key: line 2 is no key: 32 bytes in base64 or hexadecimal, such as openssl rand -base64 32 prints`},
	"a key of letters":              {args: "serve --listen 127.0.0.1:0", file: "secrets-key-file: s.key\n", data: map[string]string{"s.key": "correct horse battery staple\n"}, want: `secrets-key-file: s.key: line 1 is no key: 32 bytes in base64 or hexadecimal, such as openssl rand -base64 32 prints`},
	"a key twice":                   {args: "serve --listen 127.0.0.1:0", file: "secrets-key-file: s.key\n", data: map[string]string{"s.key": someSecret + "\n" + someSecret}, want: `secrets-key-file: s.key: line 3 is a key that is there already`},
	"a private key for keys":        {args: "serve --listen 127.0.0.1:0", file: "secrets-key-file: s.key\n", data: map[string]string{"s.key": "-----BEGIN PRIVATE KEY-----\nAAAA\n"}, want: `secrets-key-file: s.key: line 1 is no key: 32 bytes in base64 or hexadecimal, such as openssl rand -base64 32 prints`},
	"no file of a truststore":       {args: "serve --listen 127.0.0.1:0 --in-memory", file: "truststores: {'s3://b/k': none.pem}\n", want: `gatehouse.yaml:1: truststores: "s3://b/k": none.pem: no such file or directory`},
	"no certificate in it":          {args: "serve --listen 127.0.0.1:0 --in-memory", file: "truststores: {'s3://b/k': t.pem}\n", data: map[string]string{"t.pem": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}, want: `gatehouse.yaml:1: truststores: "s3://b/k": t.pem: it has no certificate that can be used`},
	"a data directory that is none": {args: "serve --listen 127.0.0.1:0 --data-dir api.yaml", want: `data directory api.yaml: not a directory`},
	"no backup":                     {args: "restore none", want: `none: no such file or directory`},
	"no template":                   {args: "vtl run none.vtl", want: `none.vtl: no such file or directory`},
	"no body":                       {args: "vtl run template.vtl --body none.json", want: `none.json: no such file or directory`},
	"parameters of no place":        {args: "vtl run template.vtl --params p.json", data: map[string]string{"p.json": `{"query": {}}`}, want: `p.json: query is no place of parameters, which are path, querystring, header`},
	"parameters of a misspelt one":  {args: "vtl run template.vtl --params p.json", data: map[string]string{"p.json": `{"headers": {"a": "b"}}`}, want: `p.json: headers is no place of parameters; did you mean header?`},
	"parameters that are a list":    {args: "vtl run template.vtl --params p.json", data: map[string]string{"p.json": `{"header": ["a"]}`}, want: `p.json: header: not a JSON object of names and values`},
	"parameters that are no object": {args: "vtl run template.vtl --params p.json", data: map[string]string{"p.json": `[]`}, want: `p.json: not a JSON object`},
	"a dialect of nothing":          {args: "vtl run template.vtl --mode jinja", want: `--mode: "jinja" is neither apigw nor velocity`},
	"no file of cases":              {args: "vtl test none.jsonl", want: `none.jsonl: no such file or directory`},
	"no cases in it":                {args: "vtl test empty.jsonl", data: map[string]string{"empty.jsonl": "\n"}, want: `empty.jsonl: there are no cases`},
}

// someSecret is a line of a file of keys.
const someSecret = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"

// someCertificate has the form of a certificate.
const someCertificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
