package openapi

// kindsOf has the kinds of members by their names.
func kindsOf(names map[kind]string) map[string]kind {
	out := make(map[string]kind)
	for k, list := range names {
		for name := range keys(list) {
			out[name] = k
		}
	}
	return out
}

// memberKinds are the kinds of which members have to be, whose names mean the same in
// all places but those of otherKinds. What is not here may be anything, or is looked at
// where it is read.
var memberKinds = kindsOf(map[kind]string{
	text: `$ref description summary url termsOfService in name type format style collectionFormat pattern host basePath
		flow authorizationUrl tokenUrl scheme bearerFormat openIdConnectUrl`,
	boolean: "deprecated required allowEmptyValue explode allowReserved uniqueItems exclusiveMaximum exclusiveMinimum readOnly",
	list:    "tags servers parameters schemes enum",
	object: `contact license externalDocs variables paths components definitions schemas responses requestBodies requestBody
		headers securityDefinitions securitySchemes callbacks links content schema items examples encoding flows scopes`,
})

// otherKinds are those of a place's members that have another kind elsewhere.
var otherKinds = [places]map[string]kind{
	inRoot:           kindsOf(map[kind]string{object: "parameters", list: "consumes produces"}),
	inComponents:     kindsOf(map[kind]string{object: "parameters"}),
	inServerVariable: kindsOf(map[kind]string{text: "default"}),
}

// itemKinds are the kinds of the items of lists, but for the root's tags, which are
// objects.
var itemKinds = map[string]kind{"tags": text, "schemes": text, "consumes": text, "produces": text}

// checkKind warns of a member that is not of the kind that it has to be of.
func (im *importer) checkKind(member *cursor, in place, location string) {
	want, ok := otherKinds[in][member.key]
	if !ok {
		want, ok = memberKinds[member.key]
	}
	switch {
	case !ok || member.is(null):
	case member.reads(want):
		im.checkItems(member, in, location)
	case protecting[member.key]:
		im.protects(member, member.key, location, want)
	default:
		im.wrongType(member, attribute{location, member.key}, want)
	}
}

// checkKinds warns of the members of c that are not of the kinds that they have to be of.
func (im *importer) checkKinds(c *cursor, in place, location string) {
	for _, member := range c.members() {
		im.checkKind(member, in, location)
	}
}

// checkItems warns of the items of a list that are not of the kind that they have to be of.
func (im *importer) checkItems(c *cursor, in place, location string) {
	want, ok := itemKinds[c.key]
	if in == inRoot && c.key == "tags" {
		want = object
	}
	for _, item := range c.items() {
		if ok && !item.reads(want) {
			im.wrongType(item, attribute{location, c.key}, want)
		}
	}
}

// reads reports whether c can be read as a value of kind k: any scalar as a text, and what
// spells a boolean as one.
func (c *cursor) reads(k kind) bool {
	switch k {
	case text:
		_, ok := c.text()
		return ok
	case boolean:
		_, ok := c.bool()
		return ok
	}
	return c.is(k)
}

// checkNamed warns of the members of c, whose names are free, that are no objects.
func (im *importer) checkNamed(c *cursor, location string) {
	for name, member := range c.members() {
		if !member.is(object) && !member.is(null) {
			im.wrongType(member, attribute{location, name}, object)
		}
	}
}
