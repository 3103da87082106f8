package pipeline

import (
	"fmt"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// mockStatus reads the status that a MOCK's rendered request names.
func mockStatus(c *call) error {
	if c.constant != nil {
		c.status = c.constant.status
		return nil
	}
	status, ok, err := parseMockStatus(c.out.Body, value.Limits{Memory: &c.requestMemory})
	if err != nil || !ok {
		const reason = "Unable to parse statusCode. It should be an integer that is defined in the request template."
		return unlessBusy(err, configurationError(reason, err))
	}
	c.status = status
	return nil
}

// parseMockStatus reads the status that the rendered request of a MOCK names. ok
// is false where it names none; an error is that of the JSON. AWS's reader is
// lenient: {statusCode: 200} without quotes is fine (recorded), and so is any
// integer, which only chooses the integration response (reported).
func parseMockStatus(request []byte, limits value.Limits) (status int, ok bool, err error) {
	doc, err := value.ParseBytes(request, limits)
	if err != nil {
		return 0, false, err
	}
	m := doc.AsMap()
	if m == nil {
		return 0, false, nil
	}
	v, _ := m.Get("statusCode")
	n, ok := v.AsInt()
	return int(n), ok, nil
}

// selectResponse finds the integration response for the backend's status.
func selectResponse(c *call) error { return c.selectBy(strconv.Itoa(c.status), c.status) }

// responsesField is the part of a definition with the integration responses.
const responsesField = "integration.responses"

// selectBy finds the integration response for a value, which is that of status
// unless status is 0.
func (c *call) selectBy(value string, status int) error {
	chosen, err := c.method.responses.choose(value, status)
	if err != nil {
		return configurationError("selection pattern", err).at(responsesField)
	}
	if chosen == nil {
		return configurationError(fmt.Sprintf("No match for output mapping and no default output mapping configured. Endpoint Response Status Code: %d", c.status), nil).at(responsesField)
	}
	c.chosen = chosen
	c.trace.Selected(chosen.status, chosen.pattern, value)
	return nil
}

// transformResponse makes the method response: mapped headers, the template's
// body, and what templates override.
func transformResponse(c *call) error {
	r := c.chosen
	for i := range r.headers {
		v, ok, err := c.eval(&r.headers[i])
		if err != nil {
			return unlessBusy(err, configurationError("Unable to transform response", err).at(r.headers[i].field))
		}
		if ok {
			if err := cannotSend(r.headers[i].name, v); err != nil {
				return err.at(r.headers[i].field)
			}
			// Mapped names are case-sensitive (documented): one that differs in
			// case from another is sent beside it.
			c.answer.Header.Add(r.headers[i].name, v)
		}
	}
	if err := c.renderResponse(r.pick(c.headers)); err != nil {
		return err
	}
	c.answer.Status = r.status
	o := &c.scope.Overrides
	if o.ResponseStatus != 0 {
		c.answer.Status = o.ResponseStatus
	}
	c.trace.OverriddenResponse(o)
	for _, h := range o.ResponseHeader {
		if err := c.overrideHeader(h.Name, h.Value); err != nil {
			return err.at(r.field)
		}
	}
	if !r.declared {
		return configurationError(fmt.Sprintf("Output mapping refers to an invalid method response: %d", r.status), nil).at(r.field)
	}
	if c.answer.Status < 200 { // that of an interim answer, behind which a client waits for the answer
		return configurationError(fmt.Sprintf("%d cannot be the status of an answer", c.answer.Status), nil).at(r.field)
	}
	return nil
}

// cannotSend is the failure of a header of the answer that HTTP cannot carry,
// such as one of several lines: the call fails here, where the API's own gateway
// response and the access log can tell of it.
func cannotSend(name, value string) *failure {
	if !httpmsg.ValidName(name) || !httpmsg.ValidText(value) {
		return configurationError(fmt.Sprintf("the header %.80q of the answer has a name or value that cannot be sent", name), nil)
	}
	return nil
}

// renderResponse renders the response template that applies, or passes the
// backend's payload through. A MOCK has none to pass; what its template renders
// is the payload.
func (c *call) renderResponse(t *template) (err error) {
	binary := false
	if c.backend != nil {
		got := c.scope.ResponseBody
		if binary, err = c.convertResponse(); err != nil {
			return err
		}
		c.trace.Converted("response", "", "converted", got, c.scope.ResponseBody)
	}
	switch {
	case t == nil || t.compiled == nil && t.err == nil:
		c.answer.Body = c.scope.ResponseBody
		c.trace.Rendered("", "", c.answer.Body)
		return nil
	case t.err != nil || binary:
		return configurationError("Unable to transform response", t.err).at(t.field)
	}
	if c.rendered, err = t.compiled.Render(c.rendered[:0], &c.scope, mapping.ResponseSide); err != nil {
		return unlessBusy(err, configurationError("Unable to transform response", err).at(t.field))
	}
	c.answer.Body = c.rendered
	c.trace.Rendered(t.field, "", c.rendered)
	if c.backend == nil && c.chosen.handling == content.ToBinary {
		c.answer.Body, err = c.decode(c.rendered)
	}
	return err
}

// overrideHeader sets a header that a template overrides, in place of those of
// the same name and under the treatment that mapped headers get.
func (c *call) overrideHeader(name, value string) *failure {
	switch {
	case httpmsg.EqualFold(name, "Transfer-Encoding"):
		return nil
	case remappedWhenMapped.has(name):
		name = remappedPrefix + name
	}
	if err := cannotSend(name, value); err != nil {
		return err
	}
	c.answer.Header.Set(name, value)
	return nil
}

// addTraceID adds the trace id, which AWS does for HTTP and AWS integrations
// and not for MOCK and HTTP_PROXY (recorded).
func addTraceID(c *call) error {
	c.answer.Header.Set(traceHeader, c.traceID)
	return nil
}
