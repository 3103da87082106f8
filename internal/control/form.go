package control

import "github.com/gatehouse-gw/gatehouse/internal/docform"

// The form of a kind's documents has a version, 1 at first. A change of the form
// that an older program would misread, or that has to be made to what is stored,
// is an upgrade in the kind's line of the table of kinds, and with it the version
// rises. Documents are upgraded when they are read, and stored in the current form
// when they are written the next time. A change of what an index is made of, or one
// that would cost much at each reading, is made by a migration of the database
// instead.

// An upgrade makes a document of one form that of the next.
type upgrade = docform.Upgrade

// version is the number of the form in which the kind's documents are written.
func (k *kindInfo) version() int { return k.upgrades.Version() }

// formMember begins a document whose form is not the first.
const formMember = docform.Member

// stamped is a document, a JSON object, with the version of its form where that
// is not the first.
func (k *kindInfo) stamped(doc []byte) []byte { return k.upgrades.Stamp(doc) }

// decode reads what a stored document says into out.
func (k *kindInfo) decode(id string, doc []byte, out any) error {
	return k.upgrades.Decode(string(k.kind), id, doc, out)
}
