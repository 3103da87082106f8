package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func newDoctor() *cobra.Command {
	var server serverClient
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "List what a running server holds that cannot work or has no effect",
		Long: `Ask a running server what it holds that does not do what it says: parts of
deployed stages that cannot work as they are written, settings that close the
requests they concern because they are not enforced yet, and settings that are
kept for clients to read and have no effect.

The exit code is 0 whatever is found; --json is for programs.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := server.client(cmd)
			if err != nil {
				return err
			}
			r, err := fetchReport(cmd.Context(), client, server.endpoint)
			if err != nil {
				return err
			}
			if asJSON {
				return r.printJSON(cmd.OutOrStdout())
			}
			return r.print(cmd.OutOrStdout())
		},
	}
	server.flags(cmd, "URL of the server's control plane")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: the lists findings, closed and kept")
	return cmd
}

// fetchReport asks a running server.
func fetchReport(ctx context.Context, client *http.Client, endpoint string) (*report, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/_gatehouse/doctor", nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("no server answers at %s: %w", endpoint, errors.Unwrap(err))
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s: is it a gatehouse server?", endpoint, resp.Status)
	}
	r := new(report)
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<20)).Decode(r); err != nil {
		return nil, fmt.Errorf("%s: %w", endpoint, err)
	}
	return r, nil
}
