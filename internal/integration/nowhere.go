package integration

// A NowhereError is why calls of a service of AWS lead nowhere: they would leave for
// AWS, which AWSOptions.Local forbids, and nothing stands in for it.
type NowhereError struct {
	Service  string // by the name of its endpoint, such as sqs
	Function string // that would be invoked, as the URI spells it; "" for other calls
}

// Error names the service or the function, and the settings that give it a place.
func (e *NowhereError) Error() string {
	if e.Function != "" {
		return "the function " + FunctionName(e.Function) + " has no place: give it a URL or its code under lambda-functions, or say --aws-endpoint-url, or --aws to call AWS"
	}
	return "the service " + e.Service + " has no URL: say --aws-endpoint-url, or --aws to call AWS"
}
