package valkey

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
)

// A guard is a connection to a server whose bytes are looked at before the driver has
// them. The driver takes what a server says for what it has to be: a length that is a lie
// is allocated, and an answer that nobody has asked for ends the process. A guard ends the
// connection instead, which is a server that is away.
type guard struct {
	net.Conn

	asked   commands
	replies replies

	mu   sync.Mutex
	due  []expected // answers, in the order of the commands
	from int        // of due, from where on they are to come
	sub  bool       // the connection has asked for messages
}

// An expected is the answer that a command gets.
type expected struct {
	kind byte // one of those below
	more int  // pushes that are still to come, of toSubscribe
	all  int  // pushes in all, of toSubscribe
	sent bool // the PING behind toUnsubscribe
	said bool // an error has come in place of the pushes of toUnsubscribe
}

const (
	toAnything    = 'a' // one answer
	toSubscribe   = 's' // a push for each channel, or an error
	toUnsubscribe = 'u' // pushes or an error, and then the answer to a PING that the driver sends behind it
)

// errAnswers is what is wrong with a server that has sent what a driver must not see.
var errAnswers = errors.New("the server does not speak as Valkey does")

func wrongAnswer(what string) error { return fmt.Errorf("%w: %s", errAnswers, what) }

// dialGuarded connects to a server, as the driver does by itself.
func dialGuarded(ctx context.Context, to string, dialer *net.Dialer, config *tls.Config) (net.Conn, error) {
	var conn net.Conn
	var err error
	if config != nil {
		conn, err = (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, "tcp", to)
	} else {
		conn, err = dialer.DialContext(ctx, "tcp", to)
	}
	if err != nil {
		return nil, err
	}
	return &guard{Conn: conn}, nil
}

// Write implements net.Conn.
func (g *guard) Write(p []byte) (int, error) {
	if err := g.asked.take(p, g.expect); err != nil {
		return 0, err
	}
	return g.Conn.Write(p)
}

// Read implements net.Conn.
func (g *guard) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if n > 0 {
		if wrong := g.replies.take(p[:n], g.came); wrong != nil {
			_ = g.Close()
			return 0, wrong
		}
	}
	return n, err
}

// expect notes a command that is sent, of so many words.
func (g *guard) expect(name []byte, words int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := expected{kind: toAnything}
	switch string(name) {
	case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE":
		e, g.sub = expected{kind: toSubscribe, more: words - 1, all: words - 1}, true
	case "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE":
		e.kind = toUnsubscribe
	case "PING":
		if n := len(g.due); n > g.from && g.due[n-1].kind == toUnsubscribe && !g.due[n-1].sent {
			g.due[n-1].sent = true
			return
		}
	}
	g.due = append(g.due, e)
}

// came takes note of an answer or a push that is complete. word is how it begins.
func (g *guard) came(kind byte, word []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if kind == '>' {
		return g.pushed(word)
	}
	first := g.first()
	if first == nil {
		return wrongAnswer("it answers what nobody has asked")
	}
	switch first.kind {
	case toSubscribe:
		if kind != '-' || first.more != first.all {
			return wrongAnswer("an answer stands in place of a subscription")
		}
	case toUnsubscribe:
		if kind == '-' && !first.said {
			first.said = true
			return nil
		}
		if kind != '+' || string(word) != "PONG" {
			return wrongAnswer("an answer stands in place of the end of a subscription")
		}
	}
	g.next()
	return nil
}

func (g *guard) pushed(word []byte) error {
	if !g.sub {
		return wrongAnswer("it sends messages that nobody has asked for")
	}
	first := g.first()
	switch string(word) {
	case "subscribe", "psubscribe", "ssubscribe":
		if first == nil || first.kind != toSubscribe {
			return wrongAnswer("it tells of a subscription that nobody has asked for")
		}
		if first.more--; first.more <= 0 {
			g.next()
		}
	case "unsubscribe", "punsubscribe", "sunsubscribe":
		if first != nil && first.kind == toSubscribe && first.more != first.all {
			return wrongAnswer("it tells of the end of a subscription that has not begun")
		}
	}
	return nil
}

// first is the next answer that is to come, nil for none.
func (g *guard) first() *expected {
	if g.from == len(g.due) {
		return nil
	}
	return &g.due[g.from]
}

func (g *guard) next() {
	if g.from++; g.from == len(g.due) {
		g.due, g.from = g.due[:0], 0
	} else if g.from > 1024 && g.from > len(g.due)/2 {
		g.due, g.from = append(g.due[:0], g.due[g.from:]...), 0
	}
}

// Bounds on what a server sends as one answer. The longest that is asked for is a value of
// 2 MiB, and what a large cluster says of itself.
const (
	mostReply    = 4 << 20
	mostElements = 1 << 17
	mostDepth    = 8
	mostLine     = 64 << 10
	mostHead     = 24 // the digits of a length
	mostWord     = 16 // by which an answer is known
)

// A replies reads what a server sends, and fails where the driver must not go on. It keeps
// none of it but how an answer begins.
type replies struct {
	kind byte   // of the element that is read; 0 before one
	line int    // bytes of its first line
	head []byte // the beginning of that
	body int64  // bytes that are left of it
	sort byte   // of the answer that is read; 0 before one
	word []byte // how that begins

	left     []int64 // elements that are to come, of each array that is open
	elements int64   // of the answer
	size     int64   // of the answer
}

// take reads what has come. came is called with each answer that is complete.
func (r *replies) take(p []byte, came func(kind byte, word []byte) error) error {
	for len(p) > 0 {
		switch {
		case r.body > 0:
			n := min(r.body, int64(len(p)))
			r.keep(p[:n])
			p, r.body = p[n:], r.body-n
			if r.body > 0 {
				continue
			}
		case r.kind == 0:
			if err := r.begin(p[0]); err != nil {
				return err
			}
			p = p[1:]
			continue
		default:
			end := bytes.IndexByte(p, '\n') + 1
			whole := end > 0
			if !whole {
				end = len(p)
			}
			r.head = append(r.head, p[:min(end, mostHead-min(len(r.head), mostHead))]...)
			r.line += end
			p = p[end:]
			if r.line > mostLine {
				return wrongAnswer("a line is too long")
			}
			if r.line > mostHead && strings.IndexByte("$!=*~%>", r.kind) >= 0 {
				return wrongAnswer("a length is malformed")
			}
			if !whole {
				continue
			}
			if err := r.endLine(); err != nil {
				return err
			}
			if r.body > 0 {
				continue
			}
		}
		if err := r.endElement(came); err != nil {
			return err
		}
	}
	return nil
}

// begin begins an element.
func (r *replies) begin(kind byte) error {
	switch kind {
	case '+', '-', ':', '_', ',', '#', '(', '$', '!', '=', '*', '~', '%':
	case '>':
		if len(r.left) > 0 {
			return wrongAnswer("a message stands within an answer")
		}
	default:
		return wrongAnswer("an answer has no known type")
	}
	if r.sort == 0 {
		r.sort, r.word = kind, r.word[:0]
	}
	if r.elements++; r.elements > mostElements {
		return wrongAnswer("an answer has too many parts")
	}
	r.kind, r.line, r.head, r.body = kind, 0, r.head[:0], 0
	return nil
}

// keep keeps how an answer begins: its text or that of its first element.
func (r *replies) keep(p []byte) {
	if len(r.left) <= 1 && r.elements <= 2 && len(r.word) < mostWord {
		r.word = append(r.word, p[:min(len(p), mostWord-len(r.word))]...)
	}
}

// endLine takes the first line of an element, of which the driver reads by its kind as
// much as is looked at here.
func (r *replies) endLine() error {
	switch r.kind {
	case '#', '_':
		want := 2
		if r.kind == '#' {
			want = 3
		}
		if r.line != want {
			return wrongAnswer("a line is malformed")
		}
	case '+', '-', ',', '(':
		if r.line < 2 {
			return wrongAnswer("a line is malformed")
		}
		r.keep(bytes.TrimRight(r.head, "\r\n"))
	case ':':
	default:
		return r.endLength()
	}
	return nil
}

// endLength takes the length of a string or an array.
func (r *replies) endLength() error {
	text, ok := bytes.CutSuffix(r.head, []byte("\r\n"))
	n, err := strconv.ParseInt(string(text), 10, 64)
	if !ok || err != nil || n < -1 || text[0] == '+' {
		return wrongAnswer("a length is malformed")
	}
	switch r.kind {
	case '$', '!', '=':
		if n < 0 {
			return nil // nothing
		}
		if r.size += n; n > mostReply || r.size > mostReply {
			return wrongAnswer("an answer is too long")
		}
		r.body = n + 2
		return nil
	case '%', '>':
		if n < 0 {
			return wrongAnswer("a length is malformed")
		}
		if r.kind == '%' {
			n = 2 * min(n, mostElements)
		}
	}
	if n <= 0 {
		return nil
	}
	if n > mostElements-r.elements || len(r.left) == mostDepth {
		return wrongAnswer("an answer has too many parts")
	}
	r.left = append(r.left, n+1) // its own end is one, too
	return nil
}

// endElement ends an element, and what ends with it.
func (r *replies) endElement(came func(kind byte, word []byte) error) error {
	r.kind = 0
	for len(r.left) > 0 {
		last := len(r.left) - 1
		if r.left[last]--; r.left[last] > 0 {
			return nil
		}
		r.left = r.left[:last]
	}
	sort := r.sort
	r.sort, r.elements, r.size = 0, 0, 0
	return came(sort, bytes.TrimRight(r.word, "\r\n"))
}

// A commands reads what the driver sends: arrays of strings.
type commands struct {
	words, at int    // of the command that is sent
	name      []byte // its first word
	line      []byte
	body      int64
}

// errCommand says that the driver has sent what is no command, of which an answer could be
// foretold.
var errCommand = errors.New("what is sent to the Valkey server is no command")

// take reads what is sent. sent is called with each command that is complete.
func (c *commands) take(p []byte, sent func(name []byte, words int)) error {
	for len(p) > 0 {
		if c.body > 0 {
			n := min(c.body, int64(len(p)))
			if c.at == 0 && len(c.name) < mostWord {
				c.name = append(c.name, p[:min(int(n), mostWord-len(c.name))]...)
			}
			p, c.body = p[n:], c.body-n
			if c.body == 0 {
				if c.at++; c.at == c.words {
					sent(bytes.TrimRight(c.name, "\r\n"), c.words)
					c.words, c.at, c.name = 0, 0, c.name[:0]
				}
			}
			continue
		}
		end := bytes.IndexByte(p, '\n') + 1
		if end == 0 {
			end = len(p)
		}
		if c.line = append(c.line, p[:end]...); len(c.line) > mostHead+1 {
			return errCommand
		}
		if p = p[end:]; c.line[len(c.line)-1] != '\n' {
			continue
		}
		kind := byte('$')
		if c.words == 0 {
			kind = '*'
		}
		n, err := strconv.ParseInt(string(bytes.TrimRight(c.line[1:], "\r\n")), 10, 64)
		if c.line[0] != kind || err != nil || n < 0 || c.words == 0 && n == 0 {
			return errCommand
		}
		c.line = c.line[:0]
		if c.words == 0 {
			c.words = int(n)
		} else {
			c.body = n + 2
		}
	}
	return nil
}
