package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"
)

func newWait() *cobra.Command {
	var server serverClient
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "wait",
		Short: "Wait until a server is ready",
		Long: `Wait until a server says that it is ready: serve when it serves what was deployed
before, dev when it serves a version of its file. When the time is over first, the exit code is 1:

  gatehouse serve &
  gatehouse wait && npm test

The endpoint is the server's --listen or its --admin-listen.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := server.client(cmd)
			if err != nil {
				return err
			}
			if timeout <= 0 {
				return fmt.Errorf("--timeout: %v is no time to wait", timeout)
			}
			return awaitReady(cmd.Context(), client, server.endpoint, timeout)
		},
	}
	server.flags(cmd, "URL of the server")
	cmd.Flags().DurationVar(&timeout, "timeout", 30*time.Second, "how long to wait")
	return cmd
}

// askEvery is how often a server is asked that is not ready.
const askEvery = 100 * time.Millisecond

// awaitReady returns when the server is ready, or why it is not when the time is
// over.
func awaitReady(ctx context.Context, client *http.Client, endpoint string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		err := askReady(ctx, client, endpoint)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no server is ready at %s after %v: %w", endpoint, timeout, err)
		case <-time.After(askEvery):
		}
	}
}

// askReady returns why a server is not ready.
func askReady(ctx context.Context, client *http.Client, endpoint string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+readyPage, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	var refused *url.Error
	if errors.As(err, &refused) {
		return refused.Err
	}
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		var says struct{ Status string }
		_ = json.NewDecoder(io.LimitReader(resp.Body, 1<<10)).Decode(&says) // another server may say something else
		if says.Status != "" {
			return fmt.Errorf("it answers %s: %s", resp.Status, brief(says.Status))
		}
		return fmt.Errorf("it answers %s", resp.Status)
	}
	return nil
}
