package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-gw/gatehouse/internal/nodes"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// nodesPage is where a control plane tells of the nodes that share its database.
const nodesPage = "/_gatehouse/nodes"

// A nodeReport is what is told of a node.
type nodeReport struct {
	ID       string         `json:"id"`
	Address  string         `json:"address"`
	Role     string         `json:"role"`
	Version  string         `json:"version"`
	Revision store.Revision `json:"revision"` // that it serves
	Behind   store.Revision `json:"behind"`   // the database's
	Started  time.Time      `json:"started"`
	Heard    float64        `json:"heard"` // seconds since its lease was renewed

	SecretsKey string `json:"secretsKey,omitempty"` // the id of the key of its secrets-key-file that seals
	Valkey     bool   `json:"valkey"`
}

// A nodesReport is what is told of all.
type nodesReport struct {
	Database string         `json:"database"` // how the node that tells stands to it
	Revision store.Revision `json:"revision"` // of the database
	Nodes    []nodeReport   `json:"nodes"`
}

func newNodes() *cobra.Command {
	var server serverClient
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "nodes",
		Short: "List the servers that share a database",
		Long: `Ask a control plane which servers share its database: what each does, its
version, up to which revision it serves what was published, how many revisions
that is behind the database, the id of the key that seals of its
secrets-key-file, which is one for all, and whether it has valkey.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := server.client(cmd)
			if err != nil {
				return err
			}
			r, err := fetchNodes(cmd.Context(), client, server.endpoint)
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(r)
			}
			return r.print(cmd.OutOrStdout())
		},
	}
	server.flags(cmd, "URL of a control plane")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: how the database stands, and the list nodes")
	cmd.AddCommand(newAcceptDatabase())
	return cmd
}

// newAcceptDatabase is the command by which an operator says that a database is right
// although it is older than what was served of it.
func newAcceptDatabase() *cobra.Command {
	from := &configSource{in: inServe}
	var all bool
	cmd := &cobra.Command{
		Use:   "accept-database",
		Short: "Have nodes follow a database that was restored to an older state",
		Long: `Give the history of the database that the configuration names another name, so
that nodes take what it has for right: after it was restored to an older state,
or a copy of it has taken its place that lacked changes. Nodes never serve an
older revision of one history than they have served before; they follow the new
history when they are started again. Where nodes follow the database as it is,
nothing is done without --although-followed.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			from.flags = cmd.Flags()
			c, err := from.read()
			if err != nil {
				return err
			}
			if c.Database == "" {
				return errors.New("accept-database: needs database")
			}
			return acceptDatabase(cmd.Context(), &c, all, cmd.OutOrStdout())
		},
	}
	given := defaults()
	given.flags(cmd.Flags(), inServe)
	cmd.Flags().BoolVar(&all, "although-followed", false, "also where nodes follow the database as it is: they take no changes from then on, until they are started again")
	return cmd
}

// fetchNodes asks a running server.
func fetchNodes(ctx context.Context, client *http.Client, endpoint string) (*nodesReport, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+nodesPage, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("no server answers at %s: %w", endpoint, errors.Unwrap(err))
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusNotFound {
		return nil, fmt.Errorf("%s shares no database with other servers", endpoint)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s: is it a gatehouse server?", endpoint, resp.Status)
	}
	r := new(nodesReport)
	if err := json.NewDecoder(io.LimitReader(resp.Body, 16<<20)).Decode(r); err != nil {
		return nil, fmt.Errorf("%s: %w", endpoint, err)
	}
	return r, nil
}

// cell is what a node says of itself for a cell of a table. Whoever writes to the database
// can be a node: nothing of it is for the terminal.
func cell(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' { // which parts cells
			r = ' '
		}
		return visible(r)
	}, text)
}

// print prints the report for people.
func (r *nodesReport) print(out io.Writer) error {
	fmt.Fprintf(out, "Database: %s, revision %d\n\n", r.Database, r.Revision)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ADDRESS\tROLE\tVERSION\tREVISION\tBEHIND\tHEARD\tSTARTED\tSECRETS KEY\tVALKEY")
	for _, n := range r.Nodes {
		shares := "-"
		if n.Valkey {
			shares = "yes"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%.1fs ago\t%s\t%s\t%s\n", cell(n.Address), cell(n.Role), cell(n.Version), n.Revision, n.Behind, n.Heard, n.Started.UTC().Format(time.RFC3339), cell(cmp.Or(n.SecretsKey, "-")), shares)
	}
	return table.Flush()
}

// report tells of the nodes.
func (cl *cluster) report() *nodesReport {
	state := cl.source.State()
	out := &nodesReport{Database: string(state.Condition), Revision: state.Revision, Nodes: []nodeReport{}}
	for _, n := range cl.nodes.Nodes() {
		out.Nodes = append(out.Nodes, reportOf(&n, state.Revision))
	}
	return out
}

func reportOf(n *nodes.Node, of store.Revision) nodeReport {
	return nodeReport{
		ID: n.ID, Address: n.Address, Role: n.Role.String(), Version: n.Version, Revision: n.Revision, Behind: max(0, of-n.Revision), Started: n.Started, Heard: n.Age.Seconds(),
		SecretsKey: n.SecretsKey, Valkey: n.Valkey,
	}
}

// page answers the page of nodes.
func (cl *cluster) page(w http.ResponseWriter, _ *http.Request) {
	if cl == nil {
		writeJSON(w, http.StatusNotFound, map[string]string{"message": "this server shares no database"})
		return
	}
	writeJSON(w, http.StatusOK, cl.report())
}
