package control

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// The form of a kind's documents has a version, 1 at first. A change of the form
// that an older program would misread, or that has to be made to what is stored,
// is an upgrade in the kind's line of the table of kinds, and with it the version
// rises. Documents are upgraded when they are read, and stored in the current form
// when they are written the next time. A change of what an index is made of, or one
// that would cost much at each reading, is made by a migration of the database
// instead.

// An upgrade makes a document of one form that of the next.
type upgrade func(doc []byte) ([]byte, error)

// version is the number of the form in which the kind's documents are written.
func (k *kindInfo) version() int { return 1 + len(k.upgrades) }

// formMember begins a document whose form is not the first. No shape that is
// stored has a member of this name in the first place.
const formMember = `{"format":`

// stamped is a document, a JSON object, with the version of its form where that
// is not the first.
func (k *kindInfo) stamped(doc []byte) []byte {
	if k.version() == 1 {
		return doc
	}
	return append(fmt.Appendf(nil, "%s%d,", formMember, k.version()), doc[1:]...)
}

// current returns a stored document in the current form. One of a newer form is
// store.ErrNewer: a program that does not know what it says must not go on as if it
// did.
func (k *kindInfo) current(id string, doc []byte) ([]byte, error) {
	form := 1
	if bytes.HasPrefix(doc, []byte(formMember)) {
		var stored struct {
			Format int `json:"format"`
		}
		if err := json.Unmarshal(doc, &stored); err != nil {
			return nil, fmt.Errorf("read %s %s: %w", k.kind, id, err)
		}
		form = stored.Format
	}
	if form > k.version() {
		return nil, fmt.Errorf("read %s %s: it has form %d, of which this version knows %d: %w", k.kind, id, form, k.version(), store.ErrNewer)
	}
	for ; form < k.version(); form++ {
		var err error
		if doc, err = k.upgrades[form-1](doc); err != nil {
			return nil, fmt.Errorf("upgrade %s %s from form %d: %w", k.kind, id, form, err)
		}
	}
	return doc, nil
}

// decode reads what a stored document says into out.
func (k *kindInfo) decode(id string, doc []byte, out any) error {
	doc, err := k.current(id, doc)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(doc, out); err != nil {
		return fmt.Errorf("read %s %s: %w", k.kind, id, err)
	}
	return nil
}
