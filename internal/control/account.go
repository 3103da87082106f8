package control

import (
	"context"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What AWS says of every account: its throttle of the data plane, and the
// features that it has had since they exist.
const (
	accountBurst      = 5000
	accountRate       = 10000
	accountKeyVersion = "4"
	usagePlansFeature = "UsagePlans"
)

// An accountDoc is what a caller can set of an account in a region.
type accountDoc struct {
	CloudWatchRoleARN *string `json:"cloudwatchRoleArn,omitzero"`
}

// account reads the caller's account; every account has one.
func (t *tx) account() (*wire.Account, error) {
	doc, err := t.accountDoc()
	if err != nil {
		return nil, err
	}
	return &wire.Account{
		CloudwatchRoleARN: doc.CloudWatchRoleARN,
		ThrottleSettings:  &wire.ThrottleSettings{BurstLimit: new(int32(accountBurst)), RateLimit: new(wire.Double(accountRate))},
		Features:          []string{usagePlansFeature},
		APIKeyVersion:     new(accountKeyVersion),
	}, nil
}

// accountDoc reads what was set of the caller's account.
func (t *tx) accountDoc() (*accountDoc, error) {
	found, err := t.exists(kindAccount, "")
	if err != nil || !found {
		return new(accountDoc), err
	}
	return load[accountDoc](t, kindAccount, "", nil)
}

// GetAccount reads the caller's account.
func (s *Service) GetAccount(ctx context.Context, who *wire.Caller, _ *wire.GetAccountRequest) (*wire.Account, error) {
	return read(ctx, s, who, "", (*tx).account)
}

// UpdateAccount patches the caller's account.
func (s *Service) UpdateAccount(ctx context.Context, who *wire.Caller, in *wire.UpdateAccountRequest) (*wire.Account, error) {
	return write(ctx, s, who, "", func(t *tx) (*wire.Account, error) {
		a, err := t.account()
		if err != nil {
			return nil, err
		}
		if err := accountPatch.Apply(t, a, in.PatchOperations); err != nil {
			return nil, err
		}
		return a, t.saveServed(kindAccount, "", &accountDoc{a.CloudwatchRoleARN})
	})
}

// servedAccount is what the data plane is told of an account.
func (t *tx) servedAccount(a *accountDoc) *snapshot.Account {
	return &snapshot.Account{Account: t.who.Account, Region: t.who.Region, CloudWatchRoleARN: text(a.CloudWatchRoleARN)}
}

// accountPatch is every path that UpdateAccount takes.
var accountPatch = patchTable[wire.Account]{
	Dialect: patch.Listed,
	Paths: []patchPath[wire.Account]{
		{At: "/cloudwatchRoleArn", Replace: setLogRole},
		{At: "/features", Add: addFeature, Remove: removeFeature},
	},
}

// setLogRole takes the ARN of a role, of which only the form can be checked
// here; an empty one clears it.
func setLogRole(_ *tx, a *wire.Account, op *patch.Op) error {
	if arn := text(op.Value); arn != "" && (!strings.HasPrefix(arn, "arn:") || len(arn) > maxNameLength) {
		return errARN()
	}
	a.CloudwatchRoleARN = given(op.Value)
	return nil
}

// addFeature takes the one feature that there is.
func addFeature(_ *tx, a *wire.Account, op *patch.Op) error {
	if !slices.Contains(a.Features, text(op.Value)) {
		return wire.BadRequest("Invalid feature specified: %s", wire.Truncated(text(op.Value)))
	}
	return nil
}

func removeFeature(_ *tx, _ *wire.Account, op *patch.Op) error {
	if text(op.Value) == usagePlansFeature {
		return wire.BadRequest("Usage Plans cannot be disabled once enabled")
	}
	return wire.BadRequest("Invalid feature specified: %s", wire.Truncated(text(op.Value)))
}
