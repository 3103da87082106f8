package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func newEnv() *cobra.Command {
	var endpoint, region string
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Print the shell lines that point AWS clients at this server",
		Long: `Print the shell lines that point the aws CLI, the AWS SDKs and Terraform at a
server on this machine:

  eval "$(gatehouse env)"

Only API Gateway's endpoint is set: other AWS services stay where they are.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), `export AWS_ENDPOINT_URL_API_GATEWAY=%s
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-test}
export AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-test}
export AWS_REGION=${AWS_REGION:-%s}
export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-%s}
`, endpoint, region, region)
			return err
		},
	}
	cmd.Flags().StringVar(&endpoint, "endpoint", defaultEndpoint(), "URL of the server's control plane")
	cmd.Flags().StringVar(&region, "region", defaults().Region, "AWS region, unless the shell has one")
	return cmd
}

// defaultEndpoint is where a server started in the same environment listens.
func defaultEndpoint() string {
	listen := defaults().Listen
	if v, ok := os.LookupEnv(envName("listen")); ok {
		listen = v
	}
	return "http://" + listen
}

func newURL() *cobra.Command {
	var endpoint string
	cmd := &cobra.Command{
		Use:   "url API STAGE",
		Short: "Print the URL of a stage",
		Long: `Print the URL at which a stage answers:

  curl "$(gatehouse url a1b2c3d4e5 prod)/pets"`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s/_aws/execute-api/%s/%s\n", strings.TrimSuffix(endpoint, "/"), args[0], args[1])
			return err
		},
	}
	cmd.Flags().StringVar(&endpoint, "endpoint", defaultEndpoint(), "URL at which the server serves stages")
	return cmd
}
