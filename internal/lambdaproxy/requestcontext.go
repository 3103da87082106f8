package lambdaproxy

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

// appendContext appends the members of requestContext and its brace.
func (r *Request) appendContext(dst []byte) []byte {
	x := r.Context
	dst = appendMember(dst, `"resourceId":`, x.ResourceID)
	dst = appendAuthorizer(dst, &x.Authorizer)
	dst = appendMember(dst, `,"resourcePath":`, x.ResourcePath)
	if r.OperationName != "" {
		dst = appendMember(dst, `,"operationName":`, r.OperationName)
	}
	dst = appendMember(dst, `,"httpMethod":`, x.HTTPMethod)
	dst = appendMember(dst, `,"extendedRequestId":`, x.ExtendedRequestID)
	if x.IsCanaryRequest != "" {
		dst = append(append(dst, `,"isCanaryRequest":`...), x.IsCanaryRequest...)
	}
	dst = append(dst, `,"requestTime":"`...)
	dst = time.UnixMilli(x.RequestTime).UTC().AppendFormat(dst, "02/Jan/2006:15:04:05 +0000")
	dst = appendMember(dst, `","path":`, x.Path)
	dst = appendMember(dst, `,"accountId":`, x.AccountID)
	dst = appendMember(dst, `,"protocol":`, x.Protocol)
	dst = appendMember(dst, `,"stage":`, x.Stage)
	prefix, _, _ := strings.Cut(x.DomainName, ".")
	dst = appendMember(dst, `,"domainPrefix":`, cmp.Or(x.DomainPrefix, prefix))
	dst = strconv.AppendInt(append(dst, `,"requestTimeEpoch":`...), x.RequestTime, 10)
	dst = appendMember(dst, `,"requestId":`, x.RequestID)
	dst = appendIdentity(append(dst, `,"identity":{`...), &x.Identity)
	dst = appendMember(dst, `,"domainName":`, x.DomainName)
	if x.DeploymentID != "" {
		dst = appendMember(dst, `,"deploymentId":`, x.DeploymentID)
	}
	return append(appendMember(dst, `,"apiId":`, x.APIID), '}')
}

// appendAuthorizer appends what an authorizer said, or nothing.
func appendAuthorizer(dst []byte, a *mapping.Authorizer) []byte {
	if len(a.Claims) == 0 && len(a.Values) == 0 && a.PrincipalID == "" && !a.Custom {
		return dst
	}
	dst = append(dst, `,"authorizer":`...)
	if len(a.Claims) > 0 {
		return append(appendObject(append(dst, `{"claims":`...), a.Claims), '}')
	}
	if len(a.Values) == 0 {
		dst = appendMember(dst, `{"principalId":`, a.PrincipalID)
	} else {
		dst = appendObject(dst, a.Values)
		dst = appendNullable(dst[:len(dst)-1], `,"principalId":`, a.PrincipalID)
	}
	if a.Custom {
		dst = strconv.AppendInt(append(dst, `,"integrationLatency":`...), a.IntegrationLatency, 10)
	}
	return append(dst, '}')
}

// appendIdentity appends the members of identity and its brace. The order is
// that of a Java hash table, which is another one when it grows beyond the
// twelve members that are always there (both recorded).
func appendIdentity(dst []byte, id *mapping.Identity) []byte {
	keyed, cert, private := id.APIKey != "" || id.APIKeyID != "", id.ClientCert.PEM != "", id.VPCID != "" || id.VPCEID != ""
	dst = appendNullable(dst, `"cognitoIdentityPoolId":`, id.CognitoIdentityPoolID)
	if !keyed && !cert && !private {
		dst = appendNullable(dst, `,"accountId":`, id.AccountID)
		dst = appendNullable(dst, `,"cognitoIdentityId":`, id.CognitoIdentityID)
		dst = appendNullable(dst, `,"caller":`, id.Caller)
		dst = appendNullable(dst, `,"sourceIp":`, id.SourceIP)
		dst = appendNullable(dst, `,"principalOrgId":`, id.PrincipalOrgID)
		dst = appendNullable(dst, `,"accessKey":`, id.AccessKey)
		dst = appendNullable(dst, `,"cognitoAuthenticationType":`, id.CognitoAuthenticationType)
		dst = appendNullable(dst, `,"cognitoAuthenticationProvider":`, id.CognitoAuthenticationProvider)
		dst = appendNullable(dst, `,"userArn":`, id.UserARN)
		dst = appendNullable(dst, `,"userAgent":`, id.UserAgent)
		return append(appendNullable(dst, `,"user":`, id.User), '}')
	}
	dst = appendNullable(dst, `,"cognitoIdentityId":`, id.CognitoIdentityID)
	if cert {
		dst = appendCert(append(dst, `,"clientCert":{`...), &id.ClientCert)
	}
	if private {
		dst = appendNullable(dst, `,"vpceId":`, id.VPCEID)
	}
	if keyed {
		dst = appendNullable(dst, `,"apiKey":`, id.APIKey)
	}
	dst = appendNullable(dst, `,"principalOrgId":`, id.PrincipalOrgID)
	dst = appendNullable(dst, `,"cognitoAuthenticationType":`, id.CognitoAuthenticationType)
	dst = appendNullable(dst, `,"userArn":`, id.UserARN)
	if keyed {
		dst = appendNullable(dst, `,"apiKeyId":`, id.APIKeyID)
	}
	dst = appendNullable(dst, `,"userAgent":`, id.UserAgent)
	dst = appendNullable(dst, `,"accountId":`, id.AccountID)
	dst = appendNullable(dst, `,"caller":`, id.Caller)
	dst = appendNullable(dst, `,"sourceIp":`, id.SourceIP)
	dst = appendNullable(dst, `,"accessKey":`, id.AccessKey)
	dst = appendNullable(dst, `,"cognitoAuthenticationProvider":`, id.CognitoAuthenticationProvider)
	if private {
		dst = appendNullable(dst, `,"vpcId":`, id.VPCID)
	}
	return append(appendNullable(dst, `,"user":`, id.User), '}')
}

// appendCert appends the members of clientCert and its brace.
func appendCert(dst []byte, c *mapping.ClientCert) []byte {
	dst = appendMember(dst, `"clientCertPem":`, c.PEM)
	dst = appendMember(dst, `,"subjectDN":`, c.SubjectDN)
	dst = appendMember(dst, `,"issuerDN":`, c.IssuerDN)
	dst = appendMember(dst, `,"serialNumber":`, c.SerialNumber)
	dst = appendMember(dst, `,"validity":{"notBefore":`, c.NotBefore)
	return append(appendMember(dst, `,"notAfter":`, c.NotAfter), "}}"...)
}
