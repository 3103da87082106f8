package vtl

import "testing"

func TestConstant(t *testing.T) {
	tests := map[string]struct {
		source   string
		constant bool
	}{
		"empty":              {"", true},
		"text":               {"{\"statusCode\": 200}\n", true},
		"comments":           {"## one\n{\"a\"#* two *#: 1}", true},
		"unparsed":           {"#[[$a #if]]#", true},
		"dollars and hashes": {"$5 # $ a", true},
		"a macro or a word":  {"a#b", false},
		"escaped directive":  {`\#if`, true},
		"reference":          {"a $b c", false},
		"quiet reference":    {"$!b", false},
		"directive":          {"#if(true)a#end", false},
		"set":                {"#set($a = 1)a", false},
		"stop":               {"a#stop b", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, mode := range []Mode{APIGateway, Velocity} {
				template, err := Parse("test", tt.source, Options{Mode: mode})
				if err != nil {
					t.Fatal(err)
				}
				text, ok := template.Constant()
				if ok != tt.constant {
					t.Errorf("constant: %v", ok)
				}
				if want, err := template.RenderString(nil); err != nil || ok && text != want {
					t.Errorf("got %q, but a render is %q, %v", text, want, err)
				}
			}
		})
	}
}
