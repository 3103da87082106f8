package valkey

import (
	"context"
	"crypto/sha1" // names scripts, as the server does; nothing rests on it
	"encoding/hex"
	"strings"

	driver "github.com/valkey-io/valkey-go"
)

// A Script is a program in Lua that the server runs as one step, with one key. It answers
// with a list of integers.
type Script struct{ text, sha string }

// NewScript makes a script.
func NewScript(text string) *Script {
	sum := sha1.Sum([]byte(text))
	return &Script{text, hex.EncodeToString(sum[:])}
}

// A Call is one run of a script.
type Call struct {
	Script *Script
	Key    string
	Args   []string
}

// Run runs scripts, all in one round trip where the server is one and has them already,
// and returns what each has answered: nil for one that has failed by what is under its
// key. An error is of all of them, though some may have run, and some twice: where a
// connection breaks they are sent over another. It takes at most half a second; a server
// that has not answered by then is away.
func (c *Client) Run(ctx context.Context, calls []Call) ([][]int64, error) {
	if c.Away() {
		return nil, ErrAway
	}
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	out, err := c.run(ctx, calls)
	if broken(ctx, err) {
		out, err = c.run(ctx, calls)
	}
	if err != nil {
		c.lost(err)
	}
	return out, err
}

// run is Run without a judgement on the server.
func (c *Client) run(ctx context.Context, calls []Call) ([][]int64, error) {
	p := c.conn.Load()
	if p == nil {
		return nil, ErrAway
	}
	conn := *p
	commands := make(driver.Commands, len(calls))
	for i := range calls {
		commands[i] = conn.B().Evalsha().Sha1(calls[i].Script.sha).Numkeys(1).Key(calls[i].Key).Arg(calls[i].Args...).Build()
	}
	out := make([][]int64, len(calls))
	var unknown []int // scripts that the server has forgotten, or never had
	for i, r := range conn.DoMulti(ctx, commands...) {
		answer, err := r.AsIntSlice()
		if err != nil {
			e, ok := driver.IsValkeyErr(err)
			switch {
			case ok && strings.HasPrefix(e.Error(), "NOSCRIPT"):
				unknown = append(unknown, i)
			case !c.ofKey(err):
				return nil, err
			}
			continue
		}
		out[i] = answer
	}
	if len(unknown) == 0 {
		return out, nil
	}
	commands = make(driver.Commands, len(unknown))
	for k, i := range unknown {
		commands[k] = conn.B().Eval().Script(calls[i].Script.text).Numkeys(1).Key(calls[i].Key).Arg(calls[i].Args...).Build()
	}
	for k, r := range conn.DoMulti(ctx, commands...) {
		answer, err := r.AsIntSlice()
		if err != nil && !c.ofKey(err) {
			return nil, err
		}
		out[unknown[k]] = answer
	}
	return out, nil
}

// ofKey reports whether an error is of what is under the key of a script, which somebody
// else may have put there, and says nothing about the server. It is counted, and said once.
func (c *Client) ofKey(err error) bool {
	e, ok := driver.IsValkeyErr(err)
	if !ok || !strings.HasPrefix(e.Error(), "WRONGTYPE") && !strings.HasPrefix(e.Error(), "ERR user_script") {
		return false
	}
	c.failures.Add(1)
	if c.foreign.CompareAndSwap(false, true) {
		c.log.Warn("a key on the Valkey server has what none of this system has put there", "server", c.target.String(), "error", err)
	}
	return true
}
