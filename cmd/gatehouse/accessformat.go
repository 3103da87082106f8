package main

import (
	"fmt"
	"strings"
)

// accessPresets are the formats of access logs that API Gateway's console offers, by
// their names (documented).
var accessPresets = map[string]string{
	"clf": `$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.httpMethod $context.resourcePath $context.protocol" ` +
		`$context.status $context.responseLength $context.requestId $context.extendedRequestId`,
	"json": `{ "requestId":"$context.requestId", "extendedRequestId":"$context.extendedRequestId", "ip": "$context.identity.sourceIp", "caller":"$context.identity.caller", ` +
		`"user":"$context.identity.user", "requestTime":"$context.requestTime", "httpMethod":"$context.httpMethod", "resourcePath":"$context.resourcePath", ` +
		`"status":"$context.status", "protocol":"$context.protocol", "responseLength":"$context.responseLength" }`,
	"xml": `<request id="$context.requestId"> <extendedRequestId>$context.extendedRequestId</extendedRequestId> <ip>$context.identity.sourceIp</ip> <caller>$context.identity.caller</caller> ` +
		`<user>$context.identity.user</user> <requestTime>$context.requestTime</requestTime> <httpMethod>$context.httpMethod</httpMethod> <resourcePath>$context.resourcePath</resourcePath> ` +
		`<status>$context.status</status> <protocol>$context.protocol</protocol> <responseLength>$context.responseLength</responseLength> </request>`,
	"csv": `$context.identity.sourceIp,$context.identity.caller,$context.identity.user,$context.requestTime,$context.httpMethod,$context.resourcePath,$context.protocol,` +
		`$context.status,$context.responseLength,$context.requestId,$context.extendedRequestId`,
}

// accessFormat is the format of the access logs of stages that have none of their own; ""
// for no such logs.
func (c *config) accessFormat() (string, error) {
	preset, ok := accessPresets[strings.ToLower(c.AccessLogFormat)]
	switch {
	case ok:
		return preset, nil
	case c.AccessLogFormat == "", strings.Contains(c.AccessLogFormat, "$context.") && !strings.ContainsAny(c.AccessLogFormat, "\r\n"):
		return c.AccessLogFormat, nil
	}
	return "", fmt.Errorf("%q is none of clf, json, xml and csv, and no format on one line with a $context variable", brief(c.AccessLogFormat))
}
