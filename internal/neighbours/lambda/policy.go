package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

type addPermissionRequest struct {
	FunctionName string `uri:"FunctionName" json:"-"`
	Qualifier    string `query:"Qualifier" json:"-" max:"128" pattern:"\\$LATEST|[a-zA-Z0-9-_$]+"`
	StatementID  string `json:"StatementId" required:"" min:"1" max:"100" pattern:"([a-zA-Z0-9-_]+)"`
	Action       string `json:"Action" required:"" pattern:"(lambda:[*]|lambda:[a-zA-Z]+|[*])"`
	Principal    string `json:"Principal" required:"" max:"256" pattern:"[^\\s]+"`
	SourceARN    string `json:"SourceArn" max:"512" pattern:"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:([a-z]{2}(-gov)?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)"`
	Account      string `json:"SourceAccount" pattern:"\\d{12}"`
	RevisionID   string `json:"RevisionId"`

	EventSourceToken, FunctionUrlAuthType, InvokedViaFunctionUrl, PrincipalOrgID unsupported //nolint:revive,staticcheck // AWS's names
}

type statementAnswer struct {
	Statement string `json:"Statement"`
}

// maxPolicy bounds a resource policy, in bytes (documented).
const maxPolicy = 20480

func (s *Service) addPermission(ctx context.Context, c *operation.Call, in *addPermissionRequest) (*statementAnswer, error) {
	ref, err := parse(c, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	for member, given := range map[string]bool{
		"EventSourceToken": in.EventSourceToken.given, "FunctionUrlAuthType": in.FunctionUrlAuthType.given,
		"InvokedViaFunctionUrl": in.InvokedViaFunctionUrl.given, "PrincipalOrgID": in.PrincipalOrgID.given,
	} {
		if given {
			return nil, invalid("This server does not support %s", member)
		}
	}
	if ref.qualifier == latest {
		return nil, invalid("We currently do not support adding policies for $LATEST.")
	}
	st := statement{ID: in.StatementID, Action: in.Action, Principal: in.Principal, ARN: in.SourceARN, Account: in.Account}
	err = s.change(ctx, ref, func(tx *records.Tx, f *function) error {
		if _, err := describe(tx, ref, f); err != nil {
			return err
		}
		p, err := policyOf(tx, ref)
		if err != nil {
			return err
		}
		if err := p.matches(in.RevisionID); err != nil {
			return err
		}
		if slices.ContainsFunc(p.Statements, func(other statement) bool { return other.ID == st.ID }) {
			return conflict("The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", st.ID)
		}
		p.Statements, p.Revision = append(p.Statements, st), newRevision()
		if size := len(p.document(ref)); size > maxPolicy {
			return &wire.Error{Status: http.StatusBadRequest, Type: "PolicyLengthExceededException", Message: fmt.Sprintf("The final policy size (%d) is bigger than the limit (%d).", size, maxPolicy)}
		}
		return policyKind.Put(tx, records.ID(ref.name, ref.qualifier), p)
	})
	if err != nil {
		return nil, err
	}
	return &statementAnswer{string(st.document(ref.qualified()))}, nil
}

// policyOf reads the resource policy of a qualifier; where there is none it has no
// statements.
func policyOf(tx *records.Tx, ref reference) (*resourcePolicy, error) {
	p, err := policyKind.Get(tx, records.ID(ref.name, ref.qualifier))
	if p == nil && err == nil {
		p = new(resourcePolicy)
	}
	return p, err
}

func (p *resourcePolicy) matches(revision string) error {
	if revision != "" && revision != p.Revision {
		return stale()
	}
	return nil
}

// document is the policy as GetPolicy tells it.
func (p *resourcePolicy) document(ref reference) string {
	var out struct {
		Version   string            `json:"Version"`
		ID        string            `json:"Id"`
		Statement []json.RawMessage `json:"Statement"`
	}
	out.Version, out.ID = "2012-10-17", "default"
	for i := range p.Statements {
		out.Statement = append(out.Statement, p.Statements[i].document(ref.qualified()))
	}
	text, _ := json.Marshal(out) // texts
	return string(text)
}

type removePermissionRequest struct {
	FunctionName string `uri:"FunctionName" json:"-"`
	StatementID  string `uri:"StatementId" json:"-" max:"100" pattern:"([a-zA-Z0-9-_.]+)"`
	Qualifier    string `query:"Qualifier" json:"-" max:"128" pattern:"\\$LATEST|[a-zA-Z0-9-_$]+"`
	RevisionID   string `query:"RevisionId" json:"-"`
}

func (s *Service) removePermission(ctx context.Context, c *operation.Call, in *removePermissionRequest) (*operation.Nothing, error) {
	ref, err := parse(c, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	return new(operation.Nothing), s.change(ctx, ref, func(tx *records.Tx, _ *function) error {
		p, err := policyOf(tx, ref)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(p.Statements, func(st statement) bool { return st.ID == in.StatementID })
		switch {
		case len(p.Statements) == 0:
			return missing("No policy is associated with the given resource.")
		case i < 0:
			return missing("Statement %s is not found in resource policy.", in.StatementID)
		}
		if err := p.matches(in.RevisionID); err != nil {
			return err
		}
		p.Statements, p.Revision = slices.Delete(p.Statements, i, i+1), newRevision()
		id := records.ID(ref.name, ref.qualifier)
		if len(p.Statements) == 0 {
			return policyKind.Delete(tx, id)
		}
		return policyKind.Put(tx, id, p)
	})
}

type policyAnswer struct {
	Policy     string `json:"Policy"`
	RevisionID string `json:"RevisionId"`
}

func (s *Service) getPolicy(ctx context.Context, c *operation.Call, in *functionRequest) (out *policyAnswer, err error) {
	ref, err := parse(c, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	err = s.read(ctx, ref, func(tx *records.Tx, _ *function) error {
		p, err := policyOf(tx, ref)
		if err != nil {
			return err
		}
		if len(p.Statements) == 0 {
			return missing("The resource you requested does not exist.")
		}
		out = &policyAnswer{p.document(ref), p.Revision}
		return nil
	})
	return out, err
}
