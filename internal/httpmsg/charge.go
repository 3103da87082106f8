package httpmsg

// A Charge is the memory that one call takes of a Budget beside its buffers:
// for documents that are parsed, strings that templates make, answers that are
// rendered. The first 64 KiB are not counted, as little as a connection takes
// anyway; beyond them it takes from the budget in pieces of that size or an
// eighth of what it has. A Charge belongs to one goroutine at a time. The zero
// Charge has no bound.
type Charge struct {
	budget *Budget
	used   int
	paid   int
}

const chargeStep = 64 << 10

// Open begins to take memory of a budget. What was taken before must have been
// released.
func (c *Charge) Open(b *Budget) { *c = Charge{budget: b} }

// Used returns the bytes taken at the moment.
func (c *Charge) Used() int { return c.used }

// Take asks for n more bytes; its only error is ErrBudget, which takes nothing.
// n below zero gives bytes back, without an error: others may have them when
// the charge is released.
func (c *Charge) Take(n int) error {
	if need := c.used + n - chargeStep; need > c.paid && c.budget != nil {
		lump := max(need-c.paid, c.paid/8)
		lump += chargeStep - 1 - (lump-1)%chargeStep
		if err := c.budget.acquire(lump); err != nil {
			return err
		}
		c.paid += lump
	}
	c.used += n
	return nil
}

// Release gives everything back.
func (c *Charge) Release() {
	if c.paid > 0 {
		c.budget.used.Add(-int64(c.paid))
	}
	*c = Charge{}
}
