package target

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A stage variable that a URI names and the stage does not have is named where the URI
// leads nowhere for it.
func TestUnsetStageVariables(t *testing.T) {
	tests := map[string]struct {
		uri       string
		variables map[string]string
		want      string // "" for none
	}{
		"the host":           {"http://${stageVariables.host}/pets", nil, "the stage variable host is not set: "},
		"the whole":          {"${stageVariables.url}", map[string]string{"host": "a"}, "the stage variable url is not set: "},
		"set and wrong":      {"http://${stageVariables.host}/pets", map[string]string{"host": "a b"}, "invalid endpoint address"},
		"set":                {"http://${stageVariables.host}/pets", map[string]string{"host": "a.example"}, ""},
		"of the path, empty": {"http://a.example/${stageVariables.path}", nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := HTTP{URI: ParseURI(tt.uri)}
			err := h.Bind(&snapshot.Stage{Variables: tt.variables}, nil).Err()
			if (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
