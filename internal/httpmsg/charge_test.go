package httpmsg

import (
	"errors"
	"testing"
)

func TestCharge(t *testing.T) {
	b := NewBudget(1 << 20)
	var c Charge
	c.Open(b)
	if err := c.Take(chargeStep); err != nil || b.Used() != 0 {
		t.Errorf("the first 64 KiB: %v, %d bytes of the budget", err, b.Used())
	}
	if err := c.Take(1); err != nil || b.Used() != chargeStep {
		t.Errorf("a byte more: %v, %d bytes of the budget, want %d", err, b.Used(), chargeStep)
	}
	if err := c.Take(300 << 10); err != nil || b.Used() < 300<<10 || b.Used() > 400<<10 {
		t.Errorf("300 KiB more: %v, %d bytes of the budget", err, b.Used())
	}
	used := c.Used()
	if err := c.Take(2 << 20); !errors.Is(err, ErrBudget) || c.Used() != used {
		t.Errorf("2 MiB more: %v, %d bytes used, want %d", err, c.Used(), used)
	}
	if err := c.Take(-100 << 10); err != nil {
		t.Error(err)
	}
	before := b.Used()
	if err := c.Take(100 << 10); err != nil || b.Used() != before {
		t.Errorf("what was given back: %v, %d bytes of the budget, want %d", err, b.Used(), before)
	}
	c.Release()
	c.Release()
	if b.Used() != 0 {
		t.Errorf("%d bytes of the budget after Release", b.Used())
	}
	if err := c.Take(1 << 30); err != nil {
		t.Errorf("a charge of no budget: %v", err)
	}
	c.Release()
}
