package snapshot

import "testing"

func TestFormats(t *testing.T) {
	stage := &Stage{APIID: "a", Name: "prod"}
	for format := range 4 {
		if format == 0 {
			continue
		}
		data, err := encode(format, stage)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := FormatOf(ServedStage, data); got != format || err != nil {
			t.Errorf("%s: format %d, %v", data, got, err)
		}
	}
	for _, tt := range []struct {
		kind, data string
		want       int
	}{
		{ServedStage, `{}`, 1},
		{ServedStage, `{"format":0}`, 0},
		{ServedStage, `{"apiId":7,"format":3}`, 3},
		{ServedDeployment, `{}`, 0},
		{ServedDeployment, `{"format":1}`, 1},
	} {
		if got, err := FormatOf(tt.kind, []byte(tt.data)); got != tt.want || err != nil {
			t.Errorf("%s %s: format %d, %v, want %d", tt.kind, tt.data, got, err, tt.want)
		}
	}
	for _, data := range []string{"", "{", "[]", `{"format":"1"}`, `{"format":1.5}`} {
		if got, err := FormatOf(ServedStage, []byte(data)); err == nil {
			t.Errorf("%q: format %d", data, got)
		}
	}
}
