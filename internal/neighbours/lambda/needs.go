package lambda

import "github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"

// The permissions that operations need: those of their names, on the function without
// version or alias; an invocation's on what it names.

// ownPrincipal is what the service is called in policies.
const ownPrincipal = "lambda.amazonaws.com"

// functionRequest is what operations take that are about a function, or a version or
// alias of it.
type functionRequest struct {
	FunctionName string `uri:"FunctionName" json:"-"`
	Qualifier    string `query:"Qualifier" json:"-" max:"128" pattern:"\\$LATEST|[a-zA-Z0-9-_$]+"`
}

// onName is the permission on the function that a text names. One that names none is
// refused later.
func onName(c *operation.Call, name string) []operation.Permission {
	ref, _ := parse(c, name, "")
	return c.On(ref.arn())
}

func onFunction(c *operation.Call, in *functionRequest) []operation.Permission {
	return onName(c, in.FunctionName)
}

func onAll(c *operation.Call, _ *listRequest) []operation.Permission { return c.On("*") }

func onCode(c *operation.Call, in *updateCodeRequest) []operation.Permission {
	return onName(c, in.FunctionName)
}

func onConfiguration(c *operation.Call, in *updateConfigurationRequest) []operation.Permission {
	need := onName(c, in.FunctionName)
	if in.Role != nil {
		need = append(need, operation.PassRole(*in.Role, ownPrincipal))
	}
	return need
}

func onPublish(c *operation.Call, in *publishRequest) []operation.Permission {
	return onName(c, in.FunctionName)
}

func onVersions(c *operation.Call, in *listVersionsRequest) []operation.Permission {
	return onName(c, in.FunctionName)
}

func onNewAlias(c *operation.Call, in *createAliasRequest) []operation.Permission {
	return onName(c, in.FunctionName)
}

func onAlias(c *operation.Call, in *aliasRequest) []operation.Permission {
	return onName(c, in.FunctionName)
}

func onChangedAlias(c *operation.Call, in *updateAliasRequest) []operation.Permission {
	return onName(c, in.FunctionName)
}

func onAliases(c *operation.Call, in *listAliasesRequest) []operation.Permission {
	return onName(c, in.FunctionName)
}

func mayInvoke(c *operation.Call, in *invokeRequest) []operation.Permission {
	return onInvocation(c, in.FunctionName, in.Qualifier)
}

func mayStream(c *operation.Call, in *streamRequest) []operation.Permission {
	return onInvocation(c, in.FunctionName, in.Qualifier)
}

func onInvocation(c *operation.Call, name, qualifier string) []operation.Permission {
	ref, _ := parse(c, name, qualifier) // what it names is refused later
	return []operation.Permission{{Action: invokeAction, Resource: ref.qualified()}}
}

func onNewPermission(c *operation.Call, in *addPermissionRequest) []operation.Permission {
	return onName(c, in.FunctionName)
}

func onPermission(c *operation.Call, in *removePermissionRequest) []operation.Permission {
	return onName(c, in.FunctionName)
}

func onTags(c *operation.Call, in *tagsRequest) []operation.Permission {
	return onName(c, in.Resource)
}

func onNewTags(c *operation.Call, in *tagRequest) []operation.Permission {
	return onName(c, in.Resource)
}

func onTagKeys(c *operation.Call, in *untagRequest) []operation.Permission {
	return onName(c, in.Resource)
}

func onConcurrency(c *operation.Call, in *putConcurrencyRequest) []operation.Permission {
	return onName(c, in.FunctionName)
}
