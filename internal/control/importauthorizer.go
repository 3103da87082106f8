package control

import "github.com/gatehouse-gw/gatehouse/internal/wire"

// putAuthorizers stores the definition's authorizers, which are known by their names.
// In an overwrite the others go.
func (a *applier) putAuthorizers() error {
	existing, err := list[wire.Authorizer](a.tx, kindAuthorizer, "", 0)
	if err != nil {
		return err
	}
	ids := make(map[string]*string)
	for i := range existing {
		ids[*existing[i].Name] = existing[i].ID
	}
	if a.overwrite {
		if err := a.dropAuthorizers(ids); err != nil {
			return err
		}
	}
	for i := range a.def.Authorizers {
		def := a.def.Authorizers[i].Authorizer
		put := a.addAuthorizer
		if def.ID = ids[*def.Name]; def.ID != nil {
			put = a.saveAuthorizer
		}
		err := put(&def)
		if err == nil {
			a.authorizers[*def.Name] = *def.ID
		}
		if err := a.note(err, a.def.Authorizers[i].Ref, func(err error) { a.failed.Authorizer(*def.Name, err) }); err != nil {
			return err
		}
	}
	return nil
}

// dropAuthorizers removes the authorizers that the definition lacks. ids has all of
// the API by name.
func (a *applier) dropAuthorizers(ids map[string]*string) error {
	wanted := make(map[string]bool)
	for i := range a.def.Authorizers {
		wanted[*a.def.Authorizers[i].Name] = true
	}
	for _, name := range sortedKeys(ids) {
		if wanted[name] {
			continue
		}
		if err := a.remove(kindAuthorizer, *ids[name], errAuthorizer()); err != nil {
			return err
		}
	}
	return nil
}
