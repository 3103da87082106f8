package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// A pgPipe sends statements to one connection. Those that nobody waits for stand in a
// queue and go with the next that somebody waits for, in one message.
type pgPipe struct {
	conn  *pgx.Conn
	queue pgx.Batch

	// again is there until something has been sent: it gets another connection in
	// place of one that may have ended while nobody used it.
	again func(context.Context) error

	// Documents that are put, which follow the queue in one statement.
	puts pgPuts

	// What a batch runs that can be undone alone, between mark and keep or undo: nothing
	// is sent of it, and no savepoint set, before somebody asks for what it has changed.
	member bool   // there is such a thing
	nested bool   // a savepoint stands before its first statement
	sent   bool   // the queue has, or had, statements of it
	own    pgPuts // its documents that follow puts
}

// pgPuts are documents that wait to be written, the last one for each key, with places
// for those that are new.
type pgPuts struct {
	keys   [][]byte
	places []int64
	docs   [][]byte
	at     map[string]int // by key
	size   int            // bytes
}

// mostPuts bounds the bytes of documents that wait.
const mostPuts = 8 << 20

// add has a copy of a document wait, and returns the copy.
func (w *pgPuts) add(key []byte, place int64, doc []byte) []byte {
	doc = own(doc)
	w.take(slices.Clone(key), place, doc)
	return doc
}

// take has a document wait.
func (w *pgPuts) take(key []byte, place int64, doc []byte) {
	if w.at == nil {
		w.at = make(map[string]int)
	}
	w.size += len(key) + len(doc)
	if i, ok := w.at[string(key)]; ok {
		w.docs[i] = doc
		return
	}
	w.at[string(key)] = len(w.keys)
	w.keys, w.places, w.docs = append(w.keys, key), append(w.places, place), append(w.docs, doc)
}

// flush moves the documents that wait into the queue.
func (p *pgPipe) flush() {
	p.put(&p.puts)
	if len(p.own.keys) > 0 {
		p.begun()
		p.put(&p.own)
	}
}

func (p *pgPipe) put(w *pgPuts) {
	if len(w.keys) > 0 {
		p.queue.Queue(pgPut, w.keys, w.places, w.docs)
		*w = pgPuts{}
	}
}

// begun says that a statement of the member follows that changes something.
func (p *pgPipe) begun() {
	if p.member && !p.sent {
		p.put(&p.puts)
		p.sent = true
		if p.nested {
			p.queue.Queue(pgMark)
		}
	}
}

// later puts a statement into the queue, which changes nothing that could be undone alone.
func (p *pgPipe) later(sql string, args ...any) {
	p.flush()
	p.queue.Queue(sql, args...)
}

// change puts a statement into the queue that changes documents.
func (p *pgPipe) change(sql string, args ...any) {
	p.flush()
	p.begun()
	p.queue.Queue(sql, args...)
}

// forget drops all that stands in the queue.
func (p *pgPipe) forget() { p.queue, p.puts, p.own = pgx.Batch{}, pgPuts{}, pgPuts{} }

// ask sends what stands in the queue and then a statement, and calls each with its
// rows until that returns false or an error. It returns how many rows the statement
// has changed or given. When ctx has ended, nothing is sent; a statement that has
// been sent goes on, since to break it off would end the connection.
func (p *pgPipe) ask(ctx context.Context, each func(pgx.Rows) (bool, error), sql string, args ...any) (n int64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	p.later(sql, args...)
	sent, again := p.queue, p.again
	p.queue, p.again = pgx.Batch{}, nil
	gave, give := false, each
	if each != nil {
		give = func(r pgx.Rows) (bool, error) {
			gave = true
			return each(r)
		}
	}
	n, err = p.send(ctx, give, sent)
	if err == nil || again == nil || gave || !p.conn.IsClosed() || ctx.Err() != nil {
		return n, err
	}
	if err := again(ctx); err != nil {
		return 0, err
	}
	for _, q := range sent.QueuedQueries {
		p.later(q.SQL, q.Arguments...)
	}
	sent = p.queue
	p.queue = pgx.Batch{}
	return p.send(ctx, each, sent)
}

// send sends statements, the last of which is asked.
func (p *pgPipe) send(ctx context.Context, each func(pgx.Rows) (bool, error), sent pgx.Batch) (n int64, err error) {
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), pgStatement)
	defer cancel()
	results := p.conn.SendBatch(whole, &sent)
	defer func() { err = cmp.Or(err, results.Close()) }()
	for range len(sent.QueuedQueries) - 1 {
		if _, err := results.Exec(); err != nil {
			return 0, err
		}
	}
	if each == nil {
		tag, err := results.Exec()
		return tag.RowsAffected(), err
	}
	rows, err := results.Query()
	if err != nil {
		return 0, err
	}
	defer rows.Close() // what is left is read and thrown away
	for more := true; more && rows.Next(); {
		if more, err = each(rows); err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return 0, err
		}
	}
	rows.Close()
	return rows.CommandTag().RowsAffected(), rows.Err()
}

// one scans the row that a statement gives, and reports whether there is one.
func (p *pgPipe) one(ctx context.Context, into []any, sql string, args ...any) (found bool, err error) {
	_, err = p.ask(ctx, func(r pgx.Rows) (bool, error) {
		found = true
		return true, r.Scan(into...)
	}, sql, args...)
	return found, err
}

// run sends what stands in the queue and a statement whose answer is of no interest.
func (p *pgPipe) run(ctx context.Context, sql string, args ...any) error {
	_, err := p.ask(ctx, nil, sql, args...)
	return err
}
