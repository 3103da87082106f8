package pipeline

import "github.com/gatehouse-gw/gatehouse/internal/content"

// compression returns the step that compresses answers, if the API does. Streamed ones
// are left as they are (documented).
func (c *compiler) compression() []step {
	if c.program.deployment.MinimumCompressionSize == nil || c.method.Integration.ResponseTransferMode == "STREAM" {
		return nil
	}
	return []step{compress}
}

// compress compresses the answer when it is long enough, the backend has not
// done so and the client prefers a coding that AWS supports. The gateway's own
// answers to failures stay as they are. AWS adds no Vary (a guess).
func compress(c *call) error {
	least := int(*c.stage.program.deployment.MinimumCompressionSize)
	a := &c.answer
	if a.Length > 0 && a.Length >= int64(least) && !a.Header.Has("Content-Encoding") && content.PreferredCoding(c.headers) != "" {
		a.Length = -1 // of an answer to HEAD: GET's would be compressed
	}
	if len(a.Body) == 0 || len(a.Body) < least || a.Stream != nil || a.Header.Has("Content-Encoding") || a.Status == 204 || a.Status == 304 {
		return nil
	}
	coding := content.PreferredCoding(c.headers)
	if coding == "" {
		return nil
	}
	c.traceResponse() // before it is compressed
	buf, err := c.stage.deflaters.Deflate(c.stage.answers, coding, a.Body)
	if err != nil {
		return nil // no memory to spare: the client can do without
	}
	c.borrowed = append(c.borrowed, buf)
	c.trace.Converted("response", coding, "compressed", a.Body, buf.Bytes())
	a.Body = buf.Bytes()
	a.Header.Set("Content-Encoding", coding)
	return nil
}
