package snapshot

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// firstFormat is the number of the first form of each kind of row. Rows of that
// form do not say it, but for deployments, which always say theirs.
const firstFormat = 1

// Format is the number of the current stored form of a kind of row. It is raised
// with each change of the form that an older program would misread: a member that
// has another meaning, and a new one that must not be passed over.
func Format(kind string) int {
	switch kind {
	case ServedDeployment:
		return DeploymentFormat
	case ServedStage, ServedDomainName:
		return firstFormat + 1 // since they have a security policy, and stages tracing
	case ServedBasePathMapping:
		return firstFormat + 1 // since their base paths may have several levels
	}
	return firstFormat
}

// Encode returns the stored form of what is served of a kind.
func Encode(kind string, served any) ([]byte, error) {
	if kind == ServedDeployment { // which has its format as a member
		return json.Marshal(served)
	}
	return encode(Format(kind), served)
}

func encode(format int, served any) ([]byte, error) {
	data, err := json.Marshal(served)
	if err != nil || format == firstFormat {
		return data, err
	}
	return append(fmt.Appendf(nil, `{"format":%d,`, format), data[1:]...), nil
}

// FormatOf returns the number of the form that a row of a kind has. It looks at
// nothing else, since the rest may be of a form that this program does not know.
func FormatOf(kind string, data []byte) (int, error) {
	if kind != ServedDeployment && bytes.HasSuffix(data, []byte("}")) && !bytes.Contains(data, []byte(`"format"`)) {
		return firstFormat, nil // as nearly all are: a start reads some hundred thousand rows
	}
	if rest, ok := bytes.CutPrefix(data, []byte(`{"format":`)); ok && bytes.HasSuffix(data, []byte("}")) && len(rest) > 1 && '0' <= rest[0] && rest[0] <= '9' && rest[1] == ',' {
		return int(rest[0] - '0'), nil // as Encode spells it
	}
	row := struct {
		Format int `json:"format"`
	}{firstFormat}
	if kind == ServedDeployment {
		row.Format = 0 // where it is missing: from before there were numbers
	}
	err := json.Unmarshal(data, &row)
	return row.Format, err
}
