package integration

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

const (
	// maxRoles bounds the roles whose credentials are kept, because a role's
	// name can be made of stage variables.
	maxRoles = 1000
	// roleWindow is how long before their end a role's credentials are renewed.
	roleWindow = time.Minute
	// sessionName is what the logs of AWS show for calls that API Gateway makes
	// under a role.
	sessionName = "BackplaneAssumeRoleSession"
	// askTime bounds each request for credentials. All calls that need the same ones
	// wait for one request, which the SDK does not end with them.
	askTime = 10 * time.Second
)

var errRolesOff = errors.New("roles are assumed only with --assume-roles or --aws-endpoint-url")

// credentials are what calls are signed with.
type credentials struct {
	region  string
	assume  bool     // roles may be assumed
	standIn *standIn // for STS; nil is AWS's
	log     logging.Logger
	http    *awshttp.BuildableClient // that asks for credentials

	mu    sync.Mutex
	real  aws.CredentialsProvider            // the process's own, for AWS; nil until first needed
	local aws.CredentialsProvider            // for what stands in for it; nil until first needed
	roles map[string]aws.CredentialsProvider // by ARN
}

func (c *credentials) init(o *AWSOptions, sts *standIn) {
	c.region, c.assume, c.standIn = o.Region, o.AssumeRoles && !o.Local || sts != nil, sts
	c.real, c.local, c.log = o.Credentials, o.Credentials, logging.Nop{}
	if o.Log != nil {
		c.log = sdkLog(o.Log)
	}
	c.http = awshttp.NewBuildableClient().WithTimeout(askTime)
	c.roles = make(map[string]aws.CredentialsProvider)
}

// IsCaller reports whether the credentials that an integration names are those of its
// own caller, arn:aws:iam::*:user/*, and no role.
func IsCaller(role string) bool { return strings.HasSuffix(role, ":user/*") }

// CheckRole returns why an integration with the given URI cannot call with a
// role. It returns nil when it can, and when the call needs no role. If some
// functions or services have URLs of their own, a URI with stage variables may lead
// to one, and is let through.
func (a *AWS) CheckRole(uri, role string) error {
	if role == "" || IsCaller(role) || a.credentials.assume {
		return nil
	}
	if strings.Contains(uri, "${") && len(a.functions)+len(a.standIns.services) > 0 {
		return nil
	}
	s, err := a.Resolve(uri)
	if err == nil && (!s.Signed || s.standIn || s.RunsHere()) || errors.As(err, new(*NowhereError)) { // that call fails for another reason
		return nil
	}
	return fmt.Errorf("%s: %w", role, errRolesOff)
}

// retrieve returns the credentials of a role or, for "", the process's own. For a
// call of what stands in for a service, a role that is not assumed counts for none.
func (c *credentials) retrieve(ctx context.Context, role string, standIn bool) (aws.Credentials, error) {
	if standIn && !c.assume {
		role = ""
	}
	if role != "" && !c.assume {
		return aws.Credentials{}, errRolesOff
	}
	provider, err := c.provider(ctx, role, standIn)
	if err != nil {
		return aws.Credentials{}, err
	}
	return provider.Retrieve(ctx)
}

// provider returns what fetches, keeps and renews the credentials.
func (c *credentials) provider(ctx context.Context, role string, standIn bool) (aws.CredentialsProvider, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if role == "" {
		return c.chain(ctx, standIn)
	}
	if p := c.roles[role]; p != nil {
		return p, nil
	}
	chain, err := c.chain(ctx, c.standIn != nil)
	if err != nil {
		return nil, err
	}
	client, err := c.sts(role, chain)
	if err != nil {
		return nil, err
	}
	if len(c.roles) >= maxRoles {
		clear(c.roles)
	}
	p := stscreds.NewAssumeRoleProvider(client, role, func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = sessionName })
	c.roles[role] = aws.NewCredentialsCache(p, func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = roleWindow })
	return c.roles[role], nil
}

// sdkLog writes what the SDK reports to our log.
func sdkLog(log *slog.Logger) logging.Logger {
	return logging.LoggerFunc(func(class logging.Classification, format string, args ...any) {
		level := slog.LevelWarn
		if class == logging.Debug {
			level = slog.LevelDebug
		}
		log.Log(context.Background(), level, "AWS SDK", slog.String("text", fmt.Sprintf(format, args...)))
	})
}

// chain returns the process's own credentials, for AWS or for what stands in for it.
// To make the chain reads the files of AWS's tools and connects to nothing; the
// chain does when it is asked. For stand-ins it does not ask the metadata address of
// EC2: they mostly run where nothing answers there, and each call would wait for
// seconds.
func (c *credentials) chain(ctx context.Context, standIn bool) (aws.CredentialsProvider, error) {
	made, metadata := &c.real, imds.ClientDefaultEnableState
	if standIn {
		made, metadata = &c.local, imds.ClientDisabled
	}
	if *made != nil {
		return *made, nil
	}
	loaded, err := config.LoadDefaultConfig(ctx, config.WithRegion(c.region), config.WithLogger(c.log), config.WithHTTPClient(c.http),
		config.WithEC2IMDSClientEnableState(metadata))
	switch {
	case standIn:
		*made = &orTest{chain: loaded.Credentials}
	case err != nil:
		return nil, err
	default:
		*made = loaded.Credentials
	}
	return *made, nil
}

// sts returns a client of the service that assumes roles: the one of the
// process's region, in the partition of the role, or what stands in for it.
func (c *credentials) sts(role string, chain aws.CredentialsProvider) (*sts.Client, error) {
	partition, _, _ := strings.Cut(strings.TrimPrefix(role, "arn:"), ":")
	u, err := ParseServiceURI("arn:" + partition + ":apigateway:" + c.region + ":sts:path/")
	if err != nil {
		return nil, err
	}
	host, region := u.host()
	url := "https://" + host
	if c.standIn != nil {
		url = c.standIn.url
	}
	return sts.New(sts.Options{Region: region, Credentials: chain, BaseEndpoint: &url, Logger: c.log, HTTPClient: c.http}), nil
}

// orTest returns the credentials of a chain. Where the chain has none it returns
// a key called "test", which stand-ins for AWS take, since they do not verify
// signatures.
type orTest struct {
	chain aws.CredentialsProvider // nil for none
	none  atomic.Bool             // the chain was asked and had none
}

// Retrieve implements aws.CredentialsProvider.
func (p *orTest) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if p.chain != nil && !p.none.Load() {
		who, err := p.chain.Retrieve(ctx)
		if err == nil || ctx.Err() != nil {
			return who, err
		}
		p.none.Store(true)
	}
	return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test", Source: "gatehouse"}, nil
}
