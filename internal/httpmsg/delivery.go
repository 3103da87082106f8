package httpmsg

import "time"

// A Delivery is an answer on its way to a client, whose memory is borrowed for as
// long as the client takes. When others need that memory, the budget cuts off the
// deliveries that are taken most slowly, as it does with bodies that come (see
// Sender). The zero value is no delivery. Its methods are for one goroutine at a
// time.
type Delivery struct {
	budget   *Budget
	transfer transfer
}

// Begin begins the delivery of what holds so many bytes of b. End must follow, and
// to stays valid until then.
func (d *Delivery) Begin(b *Budget, to Interrupter, held int) {
	if b.limit <= 0 {
		return
	}
	now := time.Now()
	d.budget = b
	d.transfer = transfer{from: to, begun: now, at: now, held: held, lent: true}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.transfers[&d.transfer] = struct{}{}
}

// Took notes that the client has taken n bytes.
func (d *Delivery) Took(n int) { d.transfer.came(n) }

// End ends the delivery. What it held must have been given back before: who waits for
// that memory looks for it now.
func (d *Delivery) End() {
	b := d.budget
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if d.budget, d.transfer.from = nil, nil; d.transfer.cut != nil {
		b.leaving.Add(-int64(d.transfer.held))
	}
	delete(b.transfers, &d.transfer)
}

// forBody is Buffer for a body that comes from no Sender. It waits for as long as it
// takes to tell slow transfers from others and to cut them off.
func (b *Budget) forBody(size int) (*Buffer, error) { return b.await(nil, size, lately+leaveTime) }
