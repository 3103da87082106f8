package control

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// AWS's bounds on the value of a key, in characters, and how long those are that
// it makes.
const (
	minKeyValue  = 20
	maxKeyValue  = 128
	madeKeyValue = 40
)

func errAPIKey() error       { return wire.NotFound("Invalid API Key identifier specified") }
func errAPIKeyExists() error { return wire.Conflict("API Key already exists") }

// apiKey reads a key with its value, which is a secret: it is for nobody but
// clients who ask for it, and the data plane.
func (t *tx) apiKey(id string) (*wire.APIKey, error) {
	return load[wire.APIKey](t, kindAPIKey, id, errAPIKey())
}

// keyValueHash is the key under which kindAPIKeyValue has a value, so that the
// keys of documents hold no secrets. Values are long and random enough that
// nobody finds one by trying.
func keyValueHash(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

func keyValueKeys(k *wire.APIKey) []string { return []string{keyValueHash(*k.Value)} }

func keyStageKeys(k *wire.APIKey) []string { return slices.Clone(k.StageKeys) }

// CreateAPIKey makes a key, with a value of its own unless one is given. Its
// identifier is never the value, whatever generateDistinctId says: AWS has
// deprecated that, and an identifier is no secret.
func (s *Service) CreateAPIKey(ctx context.Context, who *wire.Caller, in *wire.CreateAPIKeyRequest) (*wire.APIKey, error) {
	if len(in.StageKeys) > patch.MaxMembers {
		return nil, patch.ErrTooMany("stageKeys", patch.MaxMembers)
	}
	return write(ctx, s, who, "", func(t *tx) (*wire.APIKey, error) {
		k := &wire.APIKey{
			Name: given(in.Name), Description: given(in.Description), Enabled: withDefault(in.Enabled, false), Value: given(in.Value),
			CustomerID: given(in.CustomerID), StageKeys: []string{}, Tags: filled(in.Tags),
		}
		for _, st := range in.StageKeys {
			if err := t.addStageKey(k, text(st.RestAPIID), text(st.StageName)); err != nil {
				return nil, err
			}
		}
		return k, t.addAPIKey(k)
	})
}

// addAPIKey checks, completes, stores and publishes a new key.
func (t *tx) addAPIKey(k *wire.APIKey) error {
	k.Value = withDefault(k.Value, newKeyValue())
	if err := checkKeyValue(*k.Value); err != nil {
		return err
	}
	if err := checkAPIKey(k); err != nil {
		return err
	}
	if err := checkTags(k.Tags); err != nil {
		return err
	}
	if err := t.accountQuota(kindAPIKey, t.svc.limits.APIKeys, "API Keys"); err != nil {
		return err
	}
	k.ID = new(newID(apiIDLength))
	return t.insertAPIKey(k)
}

// insertAPIKey stores and publishes a new key that was checked.
func (t *tx) insertAPIKey(k *wire.APIKey) error {
	k.CreatedDate, k.LastUpdatedDate = &t.now, &t.now
	return t.insertServed(kindAPIKey, *k.ID, k, errAPIKeyExists())
}

// checkKeyValue holds AWS's bounds on a value, in its words, and ours: a value that no
// caller can send would be a key that opens nothing. What AWS says of one is not known.
func checkKeyValue(value string) error {
	switch n := utf8.RuneCountInString(value); {
	case n < minKeyValue:
		return wire.BadRequest("API Key value should be at least %d characters", minKeyValue)
	case n > maxKeyValue:
		return wire.BadRequest("API Key value exceeds maximum size of %d characters", maxKeyValue)
	case !httpmsg.ValidValue(value):
		return wire.BadRequest("API Key value should be what a header can carry: without control characters, and without white space at its ends")
	}
	return nil
}

// checkAPIKey holds AWS's bound on names, whose words are not known.
func checkAPIKey(k *wire.APIKey) error {
	if utf8.RuneCountInString(text(k.Name)) > maxNameLength {
		return wire.BadRequest("Name cannot be longer than %d characters", maxNameLength)
	}
	return nil
}

// addStageKey gives a key a stage in the old form, which usage plans replaced.
// Clients read it back; it opens nothing.
func (t *tx) addStageKey(k *wire.APIKey, api, stage string) error {
	if err := t.of(api).require(kindStage, stage, errStage()); err != nil {
		return err
	}
	if key := stageKey(api, stage); !slices.Contains(k.StageKeys, key) {
		k.StageKeys = append(k.StageKeys, key)
	}
	return nil
}

// stageKey is how keys and indexes name a stage among all of an account.
func stageKey(api, stage string) string { return api + "/" + stage }

// servedAPIKey is what the data plane is told of a key.
func (t *tx) servedAPIKey(k *wire.APIKey) *snapshot.APIKey {
	return &snapshot.APIKey{ID: *k.ID, Account: t.who.Account, Region: t.who.Region, Value: *k.Value, Enabled: isTrue(k.Enabled)}
}

// shownAPIKey is a key as answers show it: with its value only where somebody
// asked for that.
func shownAPIKey(k *wire.APIKey, value bool) *wire.APIKey {
	if !value {
		k.Value = nil
	}
	if k.StageKeys == nil {
		k.StageKeys = []string{}
	}
	return k
}

// fullAPIKey is a key with the member tags, which Get and Update always show.
func fullAPIKey(k *wire.APIKey, value bool) *wire.APIKey {
	if k.Tags == nil {
		k.Tags = map[string]string{}
	}
	return shownAPIKey(k, value)
}

// GetAPIKey reads one key.
func (s *Service) GetAPIKey(ctx context.Context, who *wire.Caller, in *wire.GetAPIKeyRequest) (*wire.APIKey, error) {
	return read(ctx, s, who, "", func(t *tx) (*wire.APIKey, error) {
		k, err := t.apiKey(in.APIKey)
		if err != nil {
			return nil, err
		}
		return fullAPIKey(k, isTrue(in.IncludeValue)), nil
	})
}

// GetAPIKeys lists the caller's keys: those whose names begin with nameQuery and
// that have a customer's id.
func (s *Service) GetAPIKeys(ctx context.Context, who *wire.Caller, in *wire.GetAPIKeysRequest) (*wire.APIKeys, error) {
	return readPage(ctx, s, who, "", func(t *tx) (*wire.APIKeys, error) {
		customer := text(in.CustomerID)
		items, position, err := pageOf(t, kindAPIKey, "", in.Position, in.Limit, func(k *wire.APIKey) bool {
			return strings.HasPrefix(text(k.Name), text(in.NameQuery)) && (customer == "" || text(k.CustomerID) == customer)
		})
		for i := range items {
			shownAPIKey(&items[i], isTrue(in.IncludeValues))
		}
		return &wire.APIKeys{Items: items, Position: position}, err
	})
}

// UpdateAPIKey patches a key. A key that is disabled opens nothing from then on.
func (s *Service) UpdateAPIKey(ctx context.Context, who *wire.Caller, in *wire.UpdateAPIKeyRequest) (*wire.APIKey, error) {
	return write(ctx, s, who, "", func(t *tx) (*wire.APIKey, error) {
		k, err := t.apiKey(in.APIKey)
		if err != nil {
			return nil, err
		}
		if err := apiKeyPatch.Apply(t, k, in.PatchOperations); err != nil {
			return nil, err
		}
		if err := t.changeAPIKey(k); err != nil {
			return nil, err
		}
		return fullAPIKey(k, false), nil
	})
}

// changeAPIKey checks, stores and publishes a key that was changed.
func (t *tx) changeAPIKey(k *wire.APIKey) error {
	if err := checkAPIKey(k); err != nil {
		return err
	}
	k.LastUpdatedDate = &t.now
	return t.saveServed(kindAPIKey, *k.ID, k)
}

// apiKeyPatch is every path that UpdateApiKey takes. AWS's page lists /labels,
// too, but a key has none.
var apiKeyPatch = patchTable[wire.APIKey]{
	Dialect: patch.Listed,
	Paths: []patchPath[wire.APIKey]{
		{At: "/name", Replace: setText(func(k *wire.APIKey) **string { return &k.Name })},
		{At: "/description", Replace: setText(func(k *wire.APIKey) **string { return &k.Description })},
		{At: "/customerId", Replace: setText(func(k *wire.APIKey) **string { return &k.CustomerID })},
		{At: "/enabled", Replace: setBool(func(k *wire.APIKey) **bool { return &k.Enabled })},
		{At: "/stages", Add: addStageOfKey, Remove: removeStageOfKey},
	},
}

// addStageOfKey takes {restApiId}/{stageName}.
func addStageOfKey(t *tx, k *wire.APIKey, op *patch.Op) error {
	api, stage, _ := strings.Cut(text(op.Value), "/")
	if len(k.StageKeys) >= patch.MaxMembers {
		return patch.ErrTooMany("stageKeys", patch.MaxMembers)
	}
	return t.addStageKey(k, api, stage)
}

func removeStageOfKey(_ *tx, k *wire.APIKey, op *patch.Op) error {
	k.StageKeys = slices.DeleteFunc(k.StageKeys, func(key string) bool { return key == text(op.Value) })
	return nil
}

// DeleteAPIKey removes a key, also from the usage plans that it is in.
func (s *Service) DeleteAPIKey(ctx context.Context, who *wire.Caller, in *wire.DeleteAPIKeyRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, "", func(t *tx) error {
		return t.remove(kindAPIKey, in.APIKey, errAPIKey())
	})
}
