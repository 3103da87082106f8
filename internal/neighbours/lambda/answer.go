package lambda

import (
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/restjson"
)

var _ restjson.Sender = (*payload)(nil)

// A configuration is a version as it is told, a FunctionConfiguration of the model.
type configuration struct {
	FunctionName     string            `json:"FunctionName"`
	FunctionARN      string            `json:"FunctionArn"`
	Runtime          string            `json:"Runtime,omitempty"`
	Role             string            `json:"Role"`
	Handler          string            `json:"Handler,omitempty"`
	CodeSize         int               `json:"CodeSize"`
	Description      string            `json:"Description"`
	Timeout          int               `json:"Timeout"`
	MemorySize       int               `json:"MemorySize"`
	LastModified     string            `json:"LastModified"`
	CodeSha256       string            `json:"CodeSha256"`
	Version          string            `json:"Version"`
	Environment      *environmentInput `json:"Environment,omitempty"`
	TracingConfig    tracingAnswer     `json:"TracingConfig"`
	RevisionID       string            `json:"RevisionId"`
	State            string            `json:"State,omitempty"`
	LastUpdateStatus string            `json:"LastUpdateStatus,omitempty"`
	PackageType      string            `json:"PackageType"`
	Architectures    []string          `json:"Architectures"`
	EphemeralStorage ephemeral         `json:"EphemeralStorage"`
	SnapStart        snapStartAnswer   `json:"SnapStart"`
	LoggingConfig    logging           `json:"LoggingConfig"`
}

type tracingAnswer struct {
	Mode string `json:"Mode"`
}

type snapStartAnswer struct {
	ApplyOn            string `json:"ApplyOn"`
	OptimizationStatus string `json:"OptimizationStatus"`
}

// tell is a version as it is told. ref names it by the qualifier that the caller used;
// "" is $LATEST by the function's own ARN.
func tell(ref reference, number string, v *version) *configuration {
	c := &configuration{
		FunctionName: ref.name, FunctionARN: ref.qualified(), Runtime: v.Runtime, Role: v.Role, Handler: v.Handler, CodeSize: v.Code.Size,
		Description: v.Description, Timeout: v.Timeout, MemorySize: v.Memory, LastModified: v.Modified, CodeSha256: v.Code.digest(), Version: number,
		TracingConfig: tracingAnswer{"PassThrough"}, RevisionID: v.Revision, State: "Active", LastUpdateStatus: "Successful", PackageType: "Zip",
		Architectures: []string{v.Arch}, EphemeralStorage: ephemeral{ephemeralSize}, SnapStart: snapStartAnswer{"None", "Off"},
		LoggingConfig: logging{LogFormat: "Text", LogGroup: logGroup(ref.name)},
	}
	if len(v.Environment) > 0 {
		c.Environment = &environmentInput{v.Environment}
	}
	return c
}

// modified is a time as LastModified has it.
func modified(now time.Time) string { return now.UTC().Format("2006-01-02T15:04:05.000-0700") }
