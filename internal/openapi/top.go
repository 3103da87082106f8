package openapi

import (
	"net/url"
	"strings"
)

// readTop reads what the document says of the API as a whole.
func (im *importer) readTop() {
	im.check(im.doc, inRoot, "")
	im.checkSecurity(im.doc.get("security"), "")
	im.checkComponents()
	if im.dialect != swagger2 {
		im.readServers()
	}
	info := im.doc.get("info")
	if !info.is(object) {
		im.warn(im.doc, "Parse issue: attribute info is missing")
		return
	}
	im.check(info, inInfo, "info")
	if info.get("title") == nil {
		im.warn(info, "Parse issue: attribute info.title is missing")
	}
	im.api.RestAPI.Name = im.optional(info, "title", "info")
	im.api.RestAPI.Version = im.optional(info, "version", "info")
	im.api.RestAPI.Description = im.optional(info, "description", "info")
}

// optional returns the text of a member, nil when there is none or it is empty.
func (im *importer) optional(c *cursor, name, location string) *string {
	member := c.get(name)
	if member == nil {
		return nil
	}
	s, ok := member.text()
	if !ok {
		im.wrongType(member, attribute{location, name}, text)
		return nil
	}
	if s == "" {
		return nil
	}
	return &s
}

// checkComponents tells of what is wrong of the objects that others refer to, whether or
// not something does.
func (im *importer) checkComponents() {
	components, names, location := im.doc, []string{"parameters", "responses", "securityDefinitions"}, ""
	if im.dialect != swagger2 {
		components, names, location = im.doc.get("components"), openapiKeys[inComponents].sorted(), "components"
		im.check(components, inComponents, location)
	}
	for _, name := range names {
		if name != "schemas" { // models tell of their own
			im.checkNamed(components.get(name), attribute{location, name}.String())
		}
	}
}

func (im *importer) readServers() {
	servers := im.doc.get("servers")
	for i, server := range servers.items() {
		if !server.is(object) {
			im.wrongType(server, "servers", object)
		}
		im.check(server, inServer, "servers")
		im.checkNamed(server.get("variables"), "servers.variables")
		for name, variable := range server.get("variables").members() {
			im.check(variable, inServerVariable, attribute{"servers.variables", name}.String())
		}
		if i == 1 {
			im.warn(server, "More than one server provided. Ignoring all but the first for defining endpoint configuration")
		}
	}
}

// component returns the object of that name that others refer to, such as the
// schemas: Swagger has them at the top.
func (im *importer) component(swagger, openapi string) *cursor {
	if im.dialect == swagger2 {
		return im.doc.get(swagger)
	}
	return im.doc.get("components").get(openapi)
}

// basePath returns the segments that stand before each path of the document, as
// the options want them.
func (im *importer) basePath() []string {
	if im.opts.BasePath != BasePathPrepend && im.opts.BasePath != BasePathSplit {
		return nil
	}
	base := im.doc.str("basePath")
	if im.dialect != swagger2 {
		base = im.serverPath()
	}
	parts := segments(base)
	if im.opts.BasePath == BasePathSplit && len(parts) > 0 {
		return parts[1:]
	}
	return parts
}

// serverPath returns the base path of an OpenAPI 3 document: the variable basePath
// of the first server that has one, even if its URL does not use it, else the
// path of the first server's URL.
func (im *importer) serverPath() string {
	servers := im.doc.get("servers")
	for _, server := range servers.items() {
		if v := server.get("variables").get("basePath"); v != nil {
			return v.str("default")
		}
	}
	for _, server := range servers.items() {
		address, ok := serverURL(server)
		if !ok {
			im.fail(server, "Invalid server: its URL is longer than %d characters", maxPath)
			return ""
		}
		return urlPath(address)
	}
	return ""
}

// serverURL is the URL of a server with the defaults of its variables, and false when it
// would be too long.
func serverURL(server *cursor) (string, bool) {
	address := server.str("url")
	for name, v := range server.get("variables").members() {
		variable, value := "{"+name+"}", v.str("default")
		if len(address) > maxPath || len(address)+strings.Count(address, variable)*len(value) > maxPath {
			return "", false
		}
		address = strings.ReplaceAll(address, variable, value)
	}
	return address, true
}

// urlPath is the path of a URL, "" when it is none. The name of its host may have a
// variable that nothing is said of.
func urlPath(address string) string {
	if _, behind, ok := strings.Cut(address, "//"); ok {
		_, path, _ := strings.Cut(behind, "/")
		address = "/" + path
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path
}

// segments returns the parts between the slashes of a path, without empty ones.
func segments(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}
