package openapi

// A Sample is a request that an operation takes, as far as its definition tells: what
// is required of it, with values that fit.
type Sample struct {
	MediaType string            // of Body
	Body      string            // JSON on one line, "" for none
	Path      map[string]string // of the variables whose values the definition says something of
	Query     []SampleParameter // the required ones, as are those of Header
	Header    []SampleParameter
}

// A SampleParameter is a parameter of a Sample.
type SampleParameter struct{ Name, Value string }

// requestSample returns a request that the operation may be sent.
func (im *importer) requestSample(r *route, item, op *cursor, location string) Sample {
	out := Sample{Path: make(map[string]string)}
	out.MediaType, out.Body = im.bodySample(item, op)
	for _, p := range im.parameters(item, op, location) {
		required, _ := p.get("required").bool()
		switch {
		case p.in == "path":
			if value := im.parameterSample(p); value != "" && value != anyText {
				out.Path[r.rename(p.name)] = value
			}
		case !required:
		case p.in == "query":
			out.Query = append(out.Query, SampleParameter{p.name, im.parameterSample(p)})
		case p.in == "header":
			out.Header = append(out.Header, SampleParameter{p.name, im.parameterSample(p)})
		}
	}
	return out
}

// parameterSample returns a value for a parameter, "" when there is none that is text.
func (im *importer) parameterSample(p parameter) string {
	value := im.givenValue(p.cursor)
	if value == nil {
		schema := p.cursor // as Swagger has it
		if im.dialect != swagger2 {
			schema = p.get("schema")
		}
		if schema != nil {
			value = im.example(schema)
		}
	}
	for value != nil && value.kind == list && len(value.items) > 0 {
		value = value.items[0]
	}
	if value == nil || value.kind == object || value.kind == list || value.kind == null {
		return ""
	}
	return value.value
}

// bodySample returns the media type and a JSON body that the operation may be sent, on
// one line, and two times "" when it takes none.
func (im *importer) bodySample(item, op *cursor) (mediaType, body string) {
	var schema *cursor
	var value *node
	if im.dialect == swagger2 {
		for _, from := range []*cursor{item, op} {
			for _, p := range from.get("parameters").items() {
				if p = im.follow(p); p.str("in") == "body" {
					schema = p.get("schema")
				}
			}
		}
		mediaType = preferred(im.mediaTypes(op, "consumes"))
	} else if body := op.get("requestBody"); body != nil {
		mediaType, schema, value = im.contentBody(im.follow(body))
	}
	if !isJSON(mediaType) {
		return "", ""
	}
	if value == nil && schema != nil {
		value = im.example(schema)
	}
	if value == nil {
		return "", ""
	}
	return mediaType, compact(value)
}
