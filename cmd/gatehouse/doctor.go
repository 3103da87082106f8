package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A report is what the doctor found.
type report struct {
	Findings []finding `json:"findings"`
}

// A finding is one part of a deployed stage that cannot work as it is written.
type finding struct {
	API      string `json:"api"`
	Stage    string `json:"stage"`
	Method   string `json:"method,omitempty"`
	Resource string `json:"resource,omitempty"`
	Field    string `json:"field"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Text     string `json:"text"`
}

func (f finding) String() string {
	where := strings.TrimSpace(f.Method + " " + f.Resource)
	place := f.Field
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", f.Field, f.Line, f.Column)
	}
	if where == "" {
		return fmt.Sprintf("%s/%s: %s: %s", f.API, f.Stage, place, f.Text)
	}
	return fmt.Sprintf("%s/%s: %s: %s: %s", f.API, f.Stage, where, place, f.Text)
}

// examine compiles what each stage serves and collects its problems.
func (s *server) examine(ctx context.Context) (*report, error) {
	rows, err := s.store.Changes(ctx, 0, 0, control.ServedDeployment)
	if err != nil {
		return nil, err
	}
	out := &report{Findings: []finding{}}
	for _, row := range rows {
		if row.Kind != control.ServedStage || row.Deleted {
			continue
		}
		var st snapshot.Stage
		if err := json.Unmarshal(row.Data, &st); err != nil {
			return nil, err
		}
		d, err := s.feed.Deployment(ctx, st.APIID, st.DeploymentID)
		if err != nil {
			return nil, err
		}
		compiled := s.compile(d)
		for _, p := range append(compiled.Problems(), pipeline.Bind(&st, compiled, s.services).Problems()...) {
			out.Findings = append(out.Findings, finding{st.APIID, st.Name, p.Method, p.Resource, p.Field, p.Line, p.Column, p.Text})
		}
	}
	return out, nil
}

func newDoctor() *cobra.Command {
	var endpoint string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "List what a running server's stages hold that cannot work or has no effect",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := fetchReport(cmd.Context(), endpoint)
			if err != nil {
				return err
			}
			return r.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&endpoint, "endpoint", defaultEndpoint(), "URL of the server's control plane")
	return cmd
}

// fetchReport asks a running server.
func fetchReport(ctx context.Context, endpoint string) (*report, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(endpoint, "/")+"/_gatehouse/doctor", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
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

func (r *report) print(w io.Writer) error {
	if len(r.Findings) == 0 {
		_, err := fmt.Fprintln(w, "Nothing to report.")
		return err
	}
	for _, f := range r.Findings {
		if _, err := fmt.Fprintln(w, f); err != nil {
			return err
		}
	}
	return nil
}
