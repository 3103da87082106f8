package main

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
)

func newEnv() *cobra.Command {
	var endpoint, region, cacert string
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Print the shell lines that point AWS clients at this server",
		Long: `Print the shell lines that point the aws CLI, the AWS SDKs and Terraform at a
server on this machine:

  eval "$(gatehouse env)"

The endpoints of API Gateway (apigateway and apigatewayv2) and of STS are set, and
other AWS services stay where they are: many tools ask STS who they are before
anything else. STS here knows the users and roles of --credentials alone, so who
assumes roles at AWS in the same shell unsets AWS_ENDPOINT_URL_STS.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkEndpoint(cmd, &endpoint); err != nil {
				return err
			}
			if err := checkRegion(&config{Region: region}); err != nil {
				return fmt.Errorf("--region: %w", err)
			}
			trust := ""
			if cacert != "" {
				trust = "export AWS_CA_BUNDLE=" + shellWord(cacert) + "\n"
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), `export AWS_ENDPOINT_URL_API_GATEWAY=%[1]s
export AWS_ENDPOINT_URL_APIGATEWAYV2=%[1]s
export AWS_ENDPOINT_URL_STS=%[1]s
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-test}
export AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-test}
export AWS_REGION=${AWS_REGION:-%[2]s}
export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-%[2]s}
%[3]s`, shellWord(endpoint), region, trust)
			return err
		},
	}
	endpointFlag(cmd, &endpoint, "URL of the server's control plane")
	cmd.Flags().StringVar(&cacert, "cacert", "", "PEM file of the authorities that the clients trust, as AWS_CA_BUNDLE, for a server with --listen-cert")
	cmd.Flags().StringVar(&region, "region", defaults().Region, "AWS region, unless the shell has one")
	return cmd
}

// endpointFlag declares --endpoint, the URL of a running server. "" stands for where
// a server that is started in the same environment listens.
func endpointFlag(cmd *cobra.Command, endpoint *string, usage string) {
	cmd.Flags().StringVar(endpoint, "endpoint", "", usage+" (default: where GATEHOUSE_LISTEN says, else http://"+defaults().Listen+")")
}

// checkEndpoint fills in the default of --endpoint, and refuses what is no URL of a
// server.
func checkEndpoint(cmd *cobra.Command, endpoint *string) error {
	if !cmd.Flags().Changed("endpoint") {
		variables, err := ownVariables(os.Environ())
		if err != nil {
			return err
		}
		c := defaults()
		if v, ok := variables[envName("listen")]; ok {
			c.Listen = v
		}
		if err := settingCalled("listen").check(&c); err != nil || c.Listen == "" {
			return fmt.Errorf("%s: %w", envName("listen"), cmp.Or(err, errEmpty))
		}
		scheme := "http://"
		if _, secure := variables[envName("listen-cert")]; secure {
			scheme = "https://"
		}
		*endpoint = scheme + reachable(c.Listen)
		return nil
	}
	if err := integration.CheckURL(*endpoint); err != nil {
		return fmt.Errorf("--endpoint: %w", err)
	}
	*endpoint = strings.TrimSuffix(*endpoint, "/")
	return nil
}

// reachable is an address to listen on as a client on this machine writes it.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err == nil && everyHost(host) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return listen
}

// stagePart matches the ids of APIs and the names of stages.
var stagePart = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

func newURL() *cobra.Command {
	var endpoint string
	cmd := &cobra.Command{
		Use:   "url API STAGE",
		Short: "Print the URL of a stage",
		Long: `Print the URL at which a stage answers:

  curl "$(gatehouse url a1b2c3d4e5 prod)/pets"`,
		Args: arguments("API, the id of an API", "STAGE, the name of a stage of it"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkEndpoint(cmd, &endpoint); err != nil {
				return err
			}
			for i, what := range []string{"API: %q is no id of an API", "STAGE: %q is no name of a stage"} {
				if !stagePart.MatchString(args[i]) {
					return fmt.Errorf(what+": it has letters, digits, - and _", brief(args[i]))
				}
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s/_aws/execute-api/%s/%s\n", endpoint, args[0], args[1])
			return err
		},
	}
	endpointFlag(cmd, &endpoint, "URL at which the server serves stages")
	return cmd
}
