// Package docform numbers the forms that the documents of a kind have had, so that
// what an older version has stored can be read by every later one.
package docform

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// Upgrades are those of a kind of documents: the first makes documents of form 1 those of
// form 2. The form of new documents is the last: with no upgrades 1.
type Upgrades []Upgrade

// An Upgrade makes a document of one form that of the next.
type Upgrade = func(doc []byte) ([]byte, error)

// Version is the number of the form in which documents are written.
func (u Upgrades) Version() int { return 1 + len(u) }

// Member begins a document whose form is not the first. No shape that is stored has a
// member of this name in the first place.
const Member = `{"format":`

// Stamp is a document, a JSON object, with the number of its form where that is not
// the first.
func (u Upgrades) Stamp(doc []byte) []byte {
	if u.Version() == 1 {
		return doc
	}
	return append(fmt.Appendf(nil, "%s%d,", Member, u.Version()), doc[1:]...)
}

// Current returns a stored document in the current form. One of a newer form is
// store.ErrNewer: a program that does not know what it says must not go on as if it
// did. kind and id name it in errors.
func (u Upgrades) Current(kind, id string, doc []byte) ([]byte, error) {
	form := 1
	if bytes.HasPrefix(doc, []byte(Member)) {
		var stored struct {
			Format int `json:"format"`
		}
		if err := json.Unmarshal(doc, &stored); err != nil {
			return nil, fmt.Errorf("read %s %s: %w", kind, id, err)
		}
		form = stored.Format
	}
	if form > u.Version() {
		return nil, fmt.Errorf("read %s %s: it has form %d, of which this version knows %d: %w", kind, id, form, u.Version(), store.ErrNewer)
	}
	for ; form < u.Version(); form++ {
		var err error
		if doc, err = u[form-1](doc); err != nil {
			return nil, fmt.Errorf("upgrade %s %s from form %d: %w", kind, id, form, err)
		}
	}
	return doc, nil
}

// Decode reads what a stored document says into out.
func (u Upgrades) Decode(kind, id string, doc []byte, out any) error {
	doc, err := u.Current(kind, id, doc)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(doc, out); err != nil {
		return fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	return nil
}
