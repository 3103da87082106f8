package pipeline

import (
	"errors"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/jsonschema"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

// validation returns the steps of a method's request validator: parameters, then
// the body. The step in early looks at parameters before the body has come.
func (c *compiler) validation() (early, steps []step) {
	id := c.method.RequestValidatorID
	if id == "" {
		return nil, nil
	}
	v, ok := c.program.deployment.Validators[id]
	if !ok {
		c.problem("requestValidatorId", 0, 0, "there is no request validator %s", id)
		c.fail("requestValidatorId", "request validator "+id+" is missing")
		return nil, nil
	}
	if v.Parameters {
		if required := c.requiredParameters(); len(required) > 0 {
			early, steps = append(early, required.checkEarly), append(steps, required.check)
		}
	}
	if v.Body {
		if models := c.bodyModels(); len(models) > 0 {
			steps = append(steps, models.check)
		}
	}
	return early, steps
}

// requiredParameters are the parameters that a request must have, in the order
// in which AWS lists those that it lacks: headers, path, query (recorded);
// within each by name (a guess).
type requiredParameters []mapped

func (c *compiler) requiredParameters() requiredParameters {
	var required requiredParameters
	for _, location := range []string{"header", "path", "querystring"} {
		prefix := "method.request." + location + "."
		var names []string
		for key, must := range c.method.RequestParameters {
			if name, ok := strings.CutPrefix(key, prefix); ok && must {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			p := mapped{name: name}
			if p.expr, p.err = mapping.ParseExpression(prefix+name, mapping.IntegrationRequest); p.err != nil {
				c.problem("requestParameters."+prefix+name, 0, 0, "%v", p.err)
			}
			required = append(required, p)
		}
	}
	return required
}

// checkEarly is check before the body has come, which parameters do not need. AWS
// looks at them behind the decoding of the body, which can fail the call first, and
// a trace tells of the body first: with a coding or a trace, check does it later.
func (required requiredParameters) checkEarly(c *call) error {
	if c.req.Unread == nil || c.trace != nil || content.Coding(c.headers) != "" {
		return nil
	}
	c.validParameters = true // or the call ends here
	return required.missing(c)
}

// check is the step that stands where AWS has it, behind the body.
func (required requiredParameters) check(c *call) error {
	if c.validParameters {
		return nil
	}
	return required.missing(c)
}

// missing wants every parameter to be there and not blank. A path parameter that
// the resource's path does not have is missing from every call (recorded).
func (required requiredParameters) missing(c *call) error {
	var missing []string
	for i := range required {
		v, _, err := c.eval(&required[i])
		if err != nil {
			return err
		}
		if strings.TrimSpace(v) == "" {
			missing = append(missing, required[i].name)
		}
	}
	if len(missing) == 0 {
		c.trace.Valid("parameters")
		return nil
	}
	return &failure{kind: badRequestParameters, engine: true, field: "requestParameters",
		message: "Missing required request parameters: [" + strings.Join(missing, ", ") + "]"}
}

// bodyModels are the models that bodies must follow, by media type.
type bodyModels map[string]model

func (c *compiler) bodyModels() bodyModels {
	out := make(bodyModels, len(c.method.RequestModels))
	for _, key := range sorted(c.method.RequestModels) {
		m := c.program.models.named(c.method.RequestModels[key])
		if m.err != nil {
			c.problem("requestModels."+key, 0, 0, "%v", m.err)
		}
		if m.schema != nil || m.err != nil {
			out[content.MediaType(key)] = m
		}
	}
	return out
}

// A body that follows no JSON has no better explanation (recorded), and one
// that is empty has the same when a schema wants more than {} (recorded).
const unknownBody = "[Unknown error parsing request body]"

// check validates the body against the model of its type, else the one under
// $default; a type that has neither is not validated.
func (models bodyModels) check(c *call) error {
	m, ok := models[c.contentType()]
	if !ok {
		if m, ok = models["$default"]; !ok {
			return nil
		}
	}
	if m.err != nil {
		return validationFailed(m.err)
	}
	empty := len(c.scope.RequestBody) == 0
	doc, err := c.scope.RequestJSON() // {} for an empty body (recorded)
	if err == nil {
		err = m.schema.ValidateValue(doc, len(c.scope.RequestBody))
	}
	detail := unknownBody
	var invalid *jsonschema.Invalid
	switch {
	case err == nil:
		c.trace.Valid("body")
		return nil
	case errors.As(err, &invalid):
		if !empty {
			detail = invalid.Error()
		}
	case !errors.Is(err, mapping.ErrNotJSON):
		return unlessBusy(err, validationFailed(err))
	}
	return &failure{kind: badRequestBody, engine: true, message: "Invalid request body", detail: detail, field: "requestModels",
		line: "Request body does not match model schema for content type " + c.contentType() + ": " + detail}
}

// validationFailed is AWS's answer when a model cannot be used.
func validationFailed(err error) *failure {
	return configurationError("Request body validation failed due to an unexpected error", err).at("requestModels")
}

// contentType returns the media type of the request's body, application/json
// when the client does not say.
func (c *call) contentType() string {
	if ct, _ := c.headers.Last("Content-Type"); ct != "" {
		return content.MediaType(ct)
	}
	return "application/json"
}
