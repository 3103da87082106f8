package integration

import "sync"

// A lane is the connections of one endpoint: the list of those that no call
// uses, from the one idle longest to the one used last, and the calls that use
// one, or open one, by their APIs. Each endpoint has a lock of its own, which is held
// for a few instructions, so that the calls of one do not wait for another's.
type lane struct {
	pool *pool
	key  poolKey

	mu             sync.Mutex
	idle           int
	oldest, newest *conn
	shares         map[string]*share // by the API's id
	last           *share            // that a call has asked for
	forgotten      bool              // the pool has it no more: look up another
}

// push adds a connection that a call is through with.
func (l *lane) push(cn *conn) {
	cn.older, cn.newer = l.newest, nil
	if l.newest != nil {
		l.newest.newer = cn
	} else {
		l.oldest = cn
	}
	l.newest = cn
	l.idle++
}

// remove takes a connection from the list.
func (l *lane) remove(cn *conn) *conn {
	if cn.older != nil {
		cn.older.newer = cn.newer
	} else {
		l.oldest = cn.newer
	}
	if cn.newer != nil {
		cn.newer.older = cn.older
	} else {
		l.newest = cn.older
	}
	cn.older, cn.newer = nil, nil
	l.idle--
	return cn
}
