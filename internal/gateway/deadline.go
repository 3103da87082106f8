package gateway

import "time"

// A deadline is that of a connection's reads or writes. To tell the system costs a
// timer: what is wanted is noted, and told only when a read or a write begins, and not
// when what the system knows ends hardly earlier.
//
// Whoever sets it must be the one who then reads or writes: a read that waits is
// not woken up. A watch, which does read meanwhile, wakes itself up.
type deadline struct {
	want, have time.Time
}

// coarse is by how much a deadline may come early, beside an eighth of the time
// that is left.
const coarse = time.Second

// due reports whether the system must be told the deadline that is wanted, and
// takes it as told.
func (d *deadline) due(now time.Time) bool {
	if d.want == d.have {
		return false
	}
	if !d.want.IsZero() && !d.have.IsZero() {
		early := d.want.Sub(d.have)
		if early >= 0 && early < coarse && early <= d.want.Sub(now)/8 {
			return false
		}
	}
	d.have = d.want
	return true
}
