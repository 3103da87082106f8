package mapping

import (
	"strconv"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// The objects that templates see are the Scope under other names: no render
// builds a map or an object for them. Each type is the method set of one.
type (
	vars              Scope // resolves $context, $input, $stageVariables and $util
	contextObject     Scope
	identityObject    Scope
	certObject        Scope
	validityObject    Scope
	authorizerObject  Scope
	claimsObject      Scope
	stageObject       Scope
	paramsObject      Scope
	pathParamsObject  Scope
	queryParamsObject Scope
	headersObject     Scope
)

// What #set adds to $context and its parts stays apart from what is there,
// and ends with the template.
const (
	extraContext = iota
	extraIdentity
	extraAuthorizer
	extraObjects
)

func (v *vars) Lookup(name string) (value.Value, bool) {
	switch name {
	case "input":
		return value.FromObject((*inputObject)(v)), true
	case "context":
		return value.FromObject((*contextObject)(v)), true
	case "util":
		return value.FromObject((*utilObject)(v)), true
	case "stageVariables":
		return value.FromObject((*stageObject)(v)), true
	}
	return value.Value{}, false
}

// text makes a member of text, absent when it is empty.
func text(s string) (value.Value, bool) { return value.String(s), s != "" }

func (s *Scope) extraOf(object int, name string) (value.Value, bool) {
	if m := s.extra[object]; m != nil {
		return m.Get(name)
	}
	return value.Value{}, false
}

func (s *Scope) setExtra(object int, name string, v value.Value) bool {
	if s.extra[object] == nil {
		s.extra[object] = value.NewMap(1)
	}
	s.extra[object].Set(name, v)
	return true
}

// Get resolves a member of $context.
func (c *contextObject) Get(name string) (value.Value, bool) {
	s := (*Scope)(c)
	if v, ok := s.extraOf(extraContext, name); ok {
		return v, true
	}
	switch name {
	case "authorizer":
		return value.FromObject((*authorizerObject)(c)), true
	case "identity":
		return value.FromObject((*identityObject)(c)), true
	case "requestOverride":
		return s.overrides(&s.requestOverride, "$context.requestOverride", "path", "header", "querystring"), true
	case "responseOverride":
		return s.overrides(&s.responseOverride, "$context.responseOverride", "header"), true
	case "requestTime":
		return value.String(s.Context.requestTime()), s.Context.RequestTime != 0
	case "requestTimeEpoch":
		return value.Long(s.Context.RequestTime), s.Context.RequestTime != 0
	}
	return text(s.Context.text(name))
}

// Set keeps what a template sets until it ends.
func (c *contextObject) Set(name string, v value.Value) bool {
	return (*Scope)(c).setExtra(extraContext, name, v)
}

func (c *contextObject) Call(string, []value.Value) (value.Value, bool, error) { return noCall() }

func noCall() (value.Value, bool, error) { return value.Value{}, false, nil }

// Len and At list the members of $context that are there. An authorizer without
// members can be written to, but is none of them (recorded).
func (c *contextObject) Len() int { return countPresent(contextNames[:], c.listed) }

func (c *contextObject) At(i int) (string, value.Value) {
	return present(contextNames[:], c.listed, i)
}

func (c *contextObject) listed(name string) (value.Value, bool) {
	v, ok := c.Get(name)
	if a, none := v.AsObject().(*authorizerObject); none && a.Len() == 0 {
		return value.Value{}, false
	}
	return v, ok
}

// AppendText prints nothing: what is a map in $context prints as the empty
// string (recorded for identity, the overrides and their parts).
func (c *contextObject) AppendText(dst []byte) []byte { return dst }

func countPresent(names []string, get func(string) (value.Value, bool)) int {
	n := 0
	for _, name := range names {
		if _, ok := get(name); ok {
			n++
		}
	}
	return n
}

// present returns the i-th of the members that are there.
func present(names []string, get func(string) (value.Value, bool), i int) (string, value.Value) {
	for _, name := range names {
		if v, ok := get(name); ok {
			if i == 0 {
				return name, v
			}
			i--
		}
	}
	return "", value.Value{}
}

// Get resolves a member of $context.identity.
func (o *identityObject) Get(name string) (value.Value, bool) {
	s := (*Scope)(o)
	if v, ok := s.extraOf(extraIdentity, name); ok {
		return v, true
	}
	if name == "clientCert" {
		return value.FromObject((*certObject)(o)), s.Context.ClientCert != ClientCert{}
	}
	return text(s.Context.Identity.text(name))
}

func (o *identityObject) Set(name string, v value.Value) bool {
	return (*Scope)(o).setExtra(extraIdentity, name, v)
}

func (o *identityObject) Call(string, []value.Value) (value.Value, bool, error) { return noCall() }

// Len and At list the members, those without a value too.
func (o *identityObject) Len() int { return len(o.Context.Identity.names()) }

func (o *identityObject) At(i int) (string, value.Value) {
	name := o.Context.Identity.names()[i]
	v, _ := o.Get(name)
	return name, v
}

// AppendText prints nothing, as $context does.
func (o *identityObject) AppendText(dst []byte) []byte { return dst }

var certNames = [...]string{"clientCertPem", "subjectDN", "issuerDN", "serialNumber", "validity"}

func (o *certObject) Get(name string) (value.Value, bool) {
	if name == "validity" {
		return value.FromObject((*validityObject)(o)), true
	}
	return text(o.Context.ClientCert.text(name))
}

func (o *certObject) Call(string, []value.Value) (value.Value, bool, error) { return noCall() }

func (o *certObject) Len() int { return countPresent(certNames[:], o.Get) }

func (o *certObject) At(i int) (string, value.Value) { return present(certNames[:], o.Get, i) }

// AppendText prints nothing, as $context does.
func (o *certObject) AppendText(dst []byte) []byte { return dst }

var validityNames = [...]string{"notBefore", "notAfter"}

func (o *validityObject) Get(name string) (value.Value, bool) {
	return text(o.Context.ClientCert.text("validity." + name))
}

func (o *validityObject) Call(string, []value.Value) (value.Value, bool, error) { return noCall() }

func (o *validityObject) Len() int { return countPresent(validityNames[:], o.Get) }

func (o *validityObject) At(i int) (string, value.Value) { return present(validityNames[:], o.Get, i) }

// AppendText prints nothing, as $context does.
func (o *validityObject) AppendText(dst []byte) []byte { return dst }

// Get resolves a member of $context.authorizer. claims prints as null and is
// there for its members only.
func (o *authorizerObject) Get(name string) (value.Value, bool) {
	s := (*Scope)(o)
	if v, ok := s.extraOf(extraAuthorizer, name); ok {
		return v, true
	}
	a := &s.Context.Authorizer
	if name == "claims" && len(a.Claims) > 0 {
		return value.FromObject((*claimsObject)(o)), true
	}
	v, ok := a.lookup(name)
	return value.String(v), ok
}

func (o *authorizerObject) Set(name string, v value.Value) bool {
	return (*Scope)(o).setExtra(extraAuthorizer, name, v)
}

func (o *authorizerObject) Call(string, []value.Value) (value.Value, bool, error) { return noCall() }

func (o *authorizerObject) Len() int {
	a := &o.Context.Authorizer
	n := len(a.Values)
	if _, own := lookup(a.Values, "principalId"); a.PrincipalID != "" && !own {
		n++
	}
	if a.Custom {
		n++
	}
	return n
}

func (o *authorizerObject) At(i int) (string, value.Value) {
	a := &o.Context.Authorizer
	switch {
	case i < len(a.Values):
		return a.Values[i].Name, value.String(a.Values[i].Value)
	case a.Custom && i == o.Len()-1:
		return latencyName, value.String(strconv.FormatInt(a.IntegrationLatency, 10))
	}
	return "principalId", value.String(a.PrincipalID)
}

// AppendText prints nothing, as $context does.
func (o *authorizerObject) AppendText(dst []byte) []byte { return dst }

func (o *claimsObject) Get(name string) (value.Value, bool) {
	v, ok := lookup(o.Context.Authorizer.Claims, name)
	return value.String(v), ok
}

func (o *claimsObject) Call(string, []value.Value) (value.Value, bool, error) { return noCall() }

func (o *claimsObject) Len() int { return len(o.Context.Authorizer.Claims) }

func (o *claimsObject) At(i int) (string, value.Value) {
	p := o.Context.Authorizer.Claims[i]
	return p.Name, value.String(p.Value)
}

// AppendText prints nothing: claims itself is null on AWS.
func (o *claimsObject) AppendText(dst []byte) []byte { return dst }

// Get returns a stage variable.
func (o *stageObject) Get(name string) (value.Value, bool) {
	v, ok := o.StageVariables[name]
	return value.String(v), ok
}

func (o *stageObject) Call(string, []value.Value) (value.Value, bool, error) { return noCall() }

func (o *stageObject) Len() int { return len(o.StageVariables) }

// At lists stage variables by name.
func (o *stageObject) At(i int) (string, value.Value) {
	name := sortedKeys(o.StageVariables)[i]
	return name, value.String(o.StageVariables[name])
}
