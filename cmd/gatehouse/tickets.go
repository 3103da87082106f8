package main

import (
	"context"
	"crypto/tls"
	"strconv"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/secrets"
)

// ticketKeys are the keys of the tickets by which clients of the stages resume sessions of
// TLS, made of the keys of secrets-key-file: all servers that have that file know each
// other's tickets, also after a restart. Each day has its own. A nil one leaves the keys to
// crypto/tls, which draws them for the process.
type ticketKeys struct {
	ring *secrets.Keyring

	mu        sync.Mutex
	listeners map[*tls.Config]string // what each is called in its keys
}

const (
	ticketDays  = 6 // before today whose tickets are taken: with today's a week, which is how long one may be used
	ticketRings = 2 // keys of the ring that count: the one that seals, and the one before it
	// ticketTurn is how often it is looked whether a day has begun.
	ticketTurn = 10 * time.Minute
)

// newTicketKeys makes those of a ring, nil without one that outlives the process.
func newTicketKeys(c *config, ring *secrets.Keyring) *ticketKeys {
	if ring == nil || c.InMemory {
		return nil
	}
	return &ticketKeys{ring: ring, listeners: make(map[*tls.Config]string)}
}

// seal has a listener's tickets sealed with the keys, from now on and after each turn of a
// day. Listeners of other names do not know its tickets: what one asks of its clients
// another may not.
func (k *ticketKeys) seal(name string, listener *tls.Config) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.listeners[listener] = name
	listener.SetSessionTicketKeys(k.of(name, time.Now()))
}

// of are the keys of a listener at some time: the first seals, all open. That of the day
// to come is among them, for servers whose clocks are ahead.
func (k *ticketKeys) of(name string, now time.Time) (keys [][32]byte) {
	today := now.Unix() / int64(24*time.Hour/time.Second)
	for _, day := range ticketOrder() {
		made := k.ring.Derive("tls tickets " + name + " " + strconv.FormatInt(today+day, 10))
		keys = append(keys, made[:min(len(made), ticketRings)]...)
	}
	return keys
}

// ticketOrder are the days whose keys count, from today on, today first.
func ticketOrder() []int64 {
	days := []int64{0, 1}
	for before := int64(1); before <= ticketDays; before++ {
		days = append(days, -before)
	}
	return days
}

// run gives the listeners the keys of each day, until ctx ends.
func (k *ticketKeys) run(ctx context.Context) {
	if k == nil {
		return
	}
	tick := time.NewTicker(ticketTurn)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			k.mu.Lock()
			for listener, name := range k.listeners {
				listener.SetSessionTicketKeys(k.of(name, now))
			}
			k.mu.Unlock()
		}
	}
}
