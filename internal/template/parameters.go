package template

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// stackName is the pseudo parameter AWS::StackName: nothing is deployed under a name.
const stackName = "gatehouse"

// ref is Ref: a pseudo parameter, a parameter, or the name by which a resource is known.
func (s *stack) ref(t *openapi.Tree, path string) *openapi.Tree {
	name := text(t)
	if pseudo, ok := strings.CutPrefix(name, "AWS::"); ok {
		return s.pseudo(pseudo, t, path)
	}
	if declared := s.parameters[name]; declared != nil {
		return s.parameter(name, declared, t, path)
	}
	if r := s.byName[name]; r != nil {
		return s.made(s.refOf(r), t)
	}
	if v, ok := s.serverlessRef(name); ok {
		return s.made(v, t)
	}
	s.unknown(t, path, "%q is no parameter or resource of the template, or its condition does not hold", brief(name))
	return nil
}

func (s *stack) pseudo(name string, t *openapi.Tree, path string) *openapi.Tree {
	o := s.o.Read
	switch name {
	case "NoValue":
		return nil
	case "AccountId":
		return s.made(o.AccountID, t)
	case "Region":
		return s.made(o.Region, t)
	case "Partition":
		return s.made(o.Partition, t)
	case "URLSuffix":
		return s.made("amazonaws.com", t)
	case "StackName":
		return s.made(stackName, t)
	case "StackId":
		return s.made("arn:"+o.Partition+":cloudformation:"+o.Region+":"+o.AccountID+":stack/"+stackName+"/0", t)
	case "NotificationARNs":
		return &openapi.Tree{Kind: openapi.ListTree, Position: t.Position}
	}
	s.unknown(t, path, "there is no pseudo parameter AWS::%s", brief(name))
	return nil
}

// parameter is the value that was given for a parameter, or its Default.
func (s *stack) parameter(name string, declared, t *openapi.Tree, path string) *openapi.Tree {
	kind := text(declared.Get("Type"))
	value, given := s.o.Parameters[name]
	if !given {
		standard := declared.Get("Default")
		if standard == nil {
			s.unknown(t, path, "the parameter %s has no Default: give it a value by --parameter %s=…", brief(name), brief(name))
			return nil
		}
		if strings.HasPrefix(kind, "AWS::SSM::Parameter::Value") {
			s.unknown(t, path, "the parameter %s is a name in the Parameter Store, which is not known here: give it a value by --parameter %s=…", brief(name), brief(name))
			return nil
		}
		value = text(standard)
		if standard.Kind == openapi.ListTree {
			value = strings.Join(texts(standard), ",")
		}
	}
	s.checkAllowed(name, value, declared)
	if s.dynamic(value, t, path) {
		return nil
	}
	if kind != "CommaDelimitedList" && !strings.HasPrefix(kind, "List<") && !strings.HasPrefix(kind, "AWS::SSM::Parameter::Value<List<") {
		return s.made(value, t)
	}
	out := &openapi.Tree{Kind: openapi.ListTree, Position: t.Position}
	for part := range strings.SplitSeq(value, ",") {
		item := s.made(strings.TrimSpace(part), t)
		if item == nil {
			return nil
		}
		out.Items = append(out.Items, item)
	}
	return out
}

// checkAllowed refuses a value that is none of a parameter's AllowedValues.
func (s *stack) checkAllowed(name, value string, declared *openapi.Tree) {
	allowed := declared.Get("AllowedValues")
	if allowed == nil || slices.Contains(texts(allowed), value) {
		return
	}
	if isTrue(declared.Get("NoEcho")) {
		value = "****"
	}
	s.note(openapi.Error, declared.Position, "#/Parameters/"+escape(name), "the parameter %s is %q, which is none of its AllowedValues: %s",
		brief(name), brief(value), brief(strings.Join(texts(allowed), ", ")))
}

// checkParameters refuses values of parameters that the template does not have.
func (s *stack) checkParameters() {
	for _, name := range slices.Sorted(maps.Keys(s.o.Parameters)) {
		if s.parameters[name] == nil {
			s.note(openapi.Error, openapi.Position{File: s.o.Read.File}, "#/Parameters", "the template has no parameter %s", brief(name))
		}
	}
}
