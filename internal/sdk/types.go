package sdk

import "github.com/gatehouse-gw/gatehouse/internal/wire"

// Types lists the types of clients: the service's, with their words as its developer
// portal shows them, and then ours. The ids are those of the service's reference. Which
// of the service's are generated here, Generate knows.
func Types() []wire.SDKType {
	return []wire.SDKType{
		sdkType("android", "Android", "",
			needed("groupId", "Group ID", ""), needed("invokerPackage", "Invoker package", ""),
			needed("artifactId", "Artifact ID", ""), needed("artifactVersion", "Artifact version", "")),
		sdkType("javascript", "JavaScript", "", ownURL()),
		sdkType("objectivec", "iOS (Objective-C)", "", needed("classPrefix", "Prefix", "")),
		sdkType("swift", "iOS (Swift)", "", needed("classPrefix", "Prefix", "")),
		sdkType("java", "Java", "Java SDK generator for API Gateway APIs",
			needed("service.name", "Service Name", "Name of the service which is used to derive the Java interface name for your client"),
			needed("java.package-name", "Java Package Name", "Name of the Java package your code will be generated under"),
			optional("java.build-system", "Java Build System", "Build system to setup for project; Currently supported: maven, gradle", ""),
			optional("java.group-id", "Java Group Id", "Group id for your Maven or Gradle project. Defaults to package name", ""),
			optional("java.artifact-id", "Java Artifact Id", "Artifact Id for your Maven project or project name for your Gradle project. Defaults to service name", ""),
			optional("java.artifact-version", "Java Artifact Version", "Version of your Maven or Gradle project. Defaults to 1.0-SNAPSHOT", ""),
			optional("java.license-text", "Source Code License Text", "Customer provided license to inject into source file headers", "")),
		sdkType("ruby", "Ruby", "Ruby SDK generator for API Gateway APIs",
			needed("service.name", "Service Name", "Name of the service which is used to derive the name for your client"),
			optional("ruby.gem-name", "Ruby Gem Name", "Name of the Ruby gem your code will be generated under", ""),
			optional("ruby.gem-version", "Ruby Gem Version", "Version number for your service gem. Defaults to 1.0.0", "")),
		sdkType("python", "Python", "Python client, which Gatehouse generates and the service does not", ownURL(),
			optional(packageName, "Package name", "Name of the Python package", defaultPackage)),
		sdkType("go", "Go", "Go client, which Gatehouse generates and the service does not", ownURL(),
			optional(packageName, "Package name", "Name of the Go package", defaultPackage),
			optional(modulePath, "Module path", "Path of the Go module. Defaults to the package's name", "")),
	}
}

// The parameters of the types that are generated here.
const (
	invokeURL   = "invokeUrl"
	packageName = "packageName"
	modulePath  = "modulePath"

	defaultPackage = "apigclient"
)

// ownURL is a parameter of ours.
func ownURL() wire.SDKConfigurationProperty {
	return optional(invokeURL, "Invoke URL", "URL of the stage for the client to call. Defaults to the server's, as the caller of GetSdk names it", "")
}

// otherName is the name that the service's reference gives a parameter where its list of
// types has another, "" for none.
func otherName(name string) string {
	switch name {
	case "service.name":
		return "serviceName"
	case "java.package-name":
		return "javaPackageName"
	}
	return ""
}

func sdkType(id, name, description string, properties ...wire.SDKConfigurationProperty) wire.SDKType {
	return wire.SDKType{ID: &id, FriendlyName: &name, Description: &description, ConfigurationProperties: properties}
}

func needed(name, friendly, description string) wire.SDKConfigurationProperty {
	return wire.SDKConfigurationProperty{Name: &name, FriendlyName: &friendly, Description: &description, Required: new(true)}
}

// optional is a parameter that may be left out, with what then stands for it, "" where
// that is no text of its own.
func optional(name, friendly, description, value string) wire.SDKConfigurationProperty {
	out := wire.SDKConfigurationProperty{Name: &name, FriendlyName: &friendly, Description: &description, Required: new(false)}
	if value != "" {
		out.DefaultValue = &value
	}
	return out
}
