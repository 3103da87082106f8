package valkey

import (
	"bufio"
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/valkeytest"
)

// A liar is a server that answers as Valkey does, but GET with what it is told to.
func liar(t *testing.T, answer string) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go lie(conn, answer)
		}
	}()
	return ln.Addr().String()
}

func lie(conn net.Conn, answer string) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		words, err := readCommand(in)
		if err != nil {
			return
		}
		switch words[0] {
		case "HELLO":
			_, err = conn.Write([]byte("%2\r\n$7\r\nversion\r\n$5\r\n7.2.4\r\n$5\r\nproto\r\n:3\r\n"))
		case "CLUSTER":
			_, err = conn.Write([]byte("-ERR This instance has cluster support disabled\r\n"))
		case "EVALSHA", "EVAL":
			_, err = conn.Write([]byte("*1\r\n:1\r\n"))
		case "GET":
			_, err = conn.Write([]byte(answer))
		default:
			_, err = conn.Write([]byte("+OK\r\n"))
		}
		if err != nil {
			return
		}
	}
}

func readCommand(in *bufio.Reader) (words []string, err error) {
	number := func() int {
		line, bad := in.ReadString('\n')
		if err = bad; err != nil {
			return 0
		}
		n, bad := strconv.Atoi(strings.TrimSpace(line[1:]))
		err = bad
		return n
	}
	for n := number(); n > 0 && err == nil; n-- {
		word := make([]byte, number()+2)
		for i := range word {
			if word[i], err = in.ReadByte(); err != nil {
				return nil, err
			}
		}
		words = append(words, string(word[:len(word)-2]))
	}
	return words, err
}

// lies are what a server must not send, and what is said of it.
var lies = map[string]struct{ answer, says string }{
	"more than was asked":             {"$1\r\na\r\n$1\r\nb\r\n", "nobody has asked"},
	"a string longer than memory":     {"$9223372036854775807\r\n", "too long"},
	"a string longer than a value":    {"$4194305\r\n", "too long"},
	"a string of a negative length":   {"$-5\r\n", "malformed"},
	"an array longer than memory":     {"*4611686018427387904\r\n", "too many parts"},
	"a map longer than memory":        {"%4611686018427387904\r\n", "too many parts"},
	"an array of a negative length":   {"*-2\r\n", "malformed"},
	"a map of a negative length":      {"%-1\r\n", "malformed"},
	"a length of 2^64":                {"$18446744073709551615\r\n", "malformed"},
	"a length with a sign":            {"$+1\r\na\r\n", "malformed"},
	"a length without an end":         {"$" + strings.Repeat("1", 100), "malformed"},
	"arrays without an end":           {strings.Repeat("*1\r\n", 1000), "too many parts"},
	"strings without an end":          {"*9\r\n" + strings.Repeat("$1000000\r\n"+strings.Repeat("a", 1000000)+"\r\n", 5), "too long"},
	"a line without an end":           {"+" + strings.Repeat("a", 100_000), "line is too long"},
	"an error without an end":         {"-" + strings.Repeat("a", 100_000), "line is too long"},
	"parts of unknown length":         {"$?\r\n;1\r\na\r\n;0\r\n", "malformed"},
	"attributes":                      {strings.Repeat("|0\r\n", 1000), "no known type"},
	"another protocol":                {"HTTP/1.1 400 Bad Request\r\n\r\n", "no known type"},
	"a message":                       {">2\r\n$7\r\nmessage\r\n$1\r\na\r\n", "nobody has asked for"},
	"a subscription":                  {">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", "nobody has asked for"},
	"a message within an answer":      {"*1\r\n>2\r\n$7\r\nmessage\r\n$1\r\na\r\n", "within an answer"},
	"a boolean that hides an answer":  {"#t\r\r\n", "malformed"},
	"a null that hides an answer":     {"_$1\r\n", "malformed"},
	"an end of what has no beginning": {".\r\n", "no known type"},
}

// What a server says that is broken, or somebody else's, is a server that is away, and no
// harm to the process.
func TestLiars(t *testing.T) {
	for name, tt := range lies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, lines := open(t, "redis://"+liar(t, tt.answer))
			there(t, c)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			for !c.Away() && ctx.Err() == nil && lines.count(tt.says) == 0 {
				_, _ = c.Get(ctx, "k") // the first may be answered before the rest is read
			}
			valkeytest.Poll(t, "the log says "+tt.says, func() bool { return lines.count(tt.says) > 0 })
		})
	}
}

// A guard says the same of an answer in whichever pieces it comes.
func TestReplyPieces(t *testing.T) {
	for name, tt := range lies {
		for _, size := range []int{1, 2, 3, 7, 4096} {
			g := new(guard)
			if err := g.asked.take([]byte("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), g.expect); err != nil {
				t.Fatal(err)
			}
			var err error
			for piece := range slices.Chunk([]byte(tt.answer), size) {
				if err = g.replies.take(piece, g.came); err != nil {
					break
				}
			}
			if !errors.Is(err, errAnswers) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s, in pieces of %d: %v", name, size, err)
			}
		}
	}
}

// What servers do send goes through, in whichever pieces.
func TestReplies(t *testing.T) {
	for name, tt := range map[string]struct{ sent, got string }{
		"two at once":      {"*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "+PONG\r\n$-1\r\n"},
		"arrays in arrays": {"*1\r\n$4\r\nROLE\r\n", "*3\r\n*0\r\n%1\r\n+a\r\n*1\r\n:1\r\n$3\r\na\r\n\r\n"},
		"other types":      {"*1\r\n$4\r\nROLE\r\n", "*8\r\n#t\r\n_\r\n,1.5\r\n(99\r\n=5\r\ntxt:a\r\n!3\r\nERR\r\n~1\r\n:2\r\n*-1\r\n"},
		"an error":         {"*1\r\n$4\r\nROLE\r\n", "-NOPERM no\r\n"},
		"subscriptions": {"*3\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n$1\r\nb\r\n*1\r\n$4\r\nPING\r\n",
			">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n+PONG\r\n"},
		"no right to subscribe": {"*2\r\n$11\r\nUNSUBSCRIBE\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n", "-NOPERM no\r\n+PONG\r\n-NOPERM no\r\n"},
	} {
		for _, size := range []int{1, 2, 3, 7, 4096} {
			g := new(guard)
			for piece := range slices.Chunk([]byte(tt.sent), size) {
				if err := g.asked.take(piece, g.expect); err != nil {
					t.Fatalf("%s, in pieces of %d: %v", name, size, err)
				}
			}
			for piece := range slices.Chunk([]byte(tt.got), size) {
				if err := g.replies.take(piece, g.came); err != nil {
					t.Fatalf("%s, in pieces of %d: %v", name, size, err)
				}
			}
			if g.first() != nil || len(g.replies.left) > 0 {
				t.Errorf("%s, in pieces of %d: something is to come still: %+v", name, size, g.due[g.from:])
			}
		}
	}
}

// A server that says what it must not of subscriptions is found out, too.
func TestSubscriptionLies(t *testing.T) {
	const subscribed = ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
	for name, tt := range map[string]struct{ sent, got string }{
		"one too many":                {"*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n", subscribed + subscribed},
		"an answer in its place":      {"*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n", "+OK\r\n"},
		"an error after the first":    {"*3\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n$1\r\nb\r\n", subscribed + "-ERR\r\n"},
		"an end between two":          {"*3\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n$1\r\nb\r\n", subscribed + ">3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n"},
		"no PONG behind an error":     {"*2\r\n$11\r\nUNSUBSCRIBE\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n", "-NOPERM no\r\n+OK\r\n"},
		"two errors and then nothing": {"*2\r\n$11\r\nUNSUBSCRIBE\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n", "-NOPERM no\r\n-NOPERM no\r\n"},
	} {
		g := &guard{sub: true}
		if err := g.asked.take([]byte(tt.sent), g.expect); err != nil {
			t.Fatal(err)
		}
		if err := g.replies.take([]byte(tt.got), g.came); !errors.Is(err, errAnswers) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
