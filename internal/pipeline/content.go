package pipeline

import (
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

const badBase64 = "Unable to base64 decode the body."

// binaryRequest reports whether the request's body is of a binary type.
func (c *call) binaryRequest() bool { return c.isBinary(c.headers, "Content-Type") }

// binaryResponse reports whether the client asks for a binary type: the first
// that it accepts counts.
func (c *call) binaryResponse() bool { return c.isBinary(c.headers, "Accept") }

// isBinary reports whether the first media type in a header is one of the
// API's binary types.
func (c *call) isBinary(headers httpmsg.Header, name string) bool {
	types := content.BinaryTypes(c.stage.program.deployment.BinaryMediaTypes)
	if len(types) == 0 {
		return false
	}
	value, _ := headers.Last(name)
	return types.Has(content.FirstMediaType(value))
}

// convertRequest gives the request's body the form that the integration's
// contentHandling asks for, and reports whether that is binary: a template
// cannot read such a body.
func (c *call) convertRequest() (binary bool, err error) {
	body := &c.scope.RequestBody
	switch handling := c.method.request.handling; {
	case c.binaryRequest():
		if handling != content.ToText {
			return true, nil
		}
		*body, err = c.encode(*body)
		return false, err
	case handling == content.ToBinary && len(*body) > 0:
		*body, err = c.decode(*body)
		return true, err
	}
	*body, err = c.text(*body)
	return false, err
}

// convertProxied is convertRequest for HTTP_PROXY, which passes bytes through:
// only a binary body that is asked for as text changes.
func (c *call) convertProxied() (err error) {
	if c.method.request.handling == content.ToText && c.binaryRequest() {
		c.scope.RequestBody, err = c.encode(c.scope.RequestBody)
	}
	return err
}

// convertResponse gives the backend's payload the form that the integration
// response and the client ask for, and reports whether that is binary.
func (c *call) convertResponse() (binary bool, err error) {
	payload := &c.scope.ResponseBody
	handling, wanted := c.chosen.handling, c.binaryResponse()
	switch {
	case len(*payload) == 0:
	case c.isBinary(c.backend.Header, "Content-Type"):
		if handling == content.ToBinary || handling == "" && wanted {
			return true, nil
		}
		*payload, err = c.encode(*payload)
	case handling == content.ToBinary || handling == "" && wanted:
		*payload, err = c.decode(*payload)
		return true, err
	case !c.backend.Header.Has("Content-Encoding"):
		*payload, err = c.text(*payload)
	}
	return false, err
}

// encode returns a payload as base64.
func (c *call) encode(payload []byte) ([]byte, error) {
	return c.lent(content.Encode(c.budget(), payload))
}

// decode returns the bytes that a payload is the base64 of.
func (c *call) decode(payload []byte) ([]byte, error) {
	return c.lent(content.Decode(c.budget(), payload))
}

// text returns a payload as UTF-8: as it is, or with U+FFFD in place of what
// is none.
func (c *call) text(payload []byte) ([]byte, error) {
	if utf8.Valid(payload) {
		return payload, nil
	}
	return c.lent(content.Text(c.budget(), payload))
}
