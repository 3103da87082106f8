package store

import (
	"cmp"
	"math/rand/v2"
)

// A tree is an ordered map that never changes: with and without return another
// one that shares most of its nodes. It is a treap, a search tree by key and a
// heap by random priority, and so balanced whatever the order of insertions.
// nil is the empty tree.
type tree[K cmp.Ordered, V any] struct {
	key         K
	value       V
	priority    uint64
	left, right *tree[K, V]
}

// get returns the value under key.
func (t *tree[K, V]) get(key K) (value V, ok bool) {
	for t != nil {
		switch c := cmp.Compare(key, t.key); {
		case c < 0:
			t = t.left
		case c > 0:
			t = t.right
		default:
			return t.value, true
		}
	}
	return value, false
}

// with returns t with value under key.
func (t *tree[K, V]) with(key K, value V) *tree[K, V] {
	left, _, right := t.split(key)
	return join(join(left, &tree[K, V]{key: key, value: value, priority: rand.Uint64()}), right)
}

// without returns t without key.
func (t *tree[K, V]) without(key K) *tree[K, V] {
	left, _, right := t.split(key)
	return join(left, right)
}

// withoutRange returns t without the keys in [from, to).
func (t *tree[K, V]) withoutRange(from, to K) *tree[K, V] {
	left, first, rest := t.split(from)
	_, last, right := join(first, rest).split(to)
	return join(join(left, last), right)
}

// ascend calls yield with all keys >= from in order until it returns false,
// and reports whether it never did.
func (t *tree[K, V]) ascend(from K, yield func(K, V) bool) bool {
	if t == nil {
		return true
	}
	if t.key < from {
		return t.right.ascend(from, yield)
	}
	return t.left.ascend(from, yield) && yield(t.key, t.value) && t.right.ascend(from, yield)
}

// split returns the keys below key, the node of key alone, and those above.
func (t *tree[K, V]) split(key K) (less, equal, more *tree[K, V]) {
	if t == nil {
		return nil, nil, nil
	}
	node := *t
	switch c := cmp.Compare(key, t.key); {
	case c < 0:
		less, equal, node.left = t.left.split(key)
		return less, equal, &node
	case c > 0:
		node.right, equal, more = t.right.split(key)
		return &node, equal, more
	}
	node.left, node.right = nil, nil
	return t.left, &node, t.right
}

// join returns the keys of both trees; all of left's are below all of right's.
func join[K cmp.Ordered, V any](left, right *tree[K, V]) *tree[K, V] {
	switch {
	case left == nil:
		return right
	case right == nil:
		return left
	case left.priority > right.priority:
		node := *left
		node.right = join(left.right, right)
		return &node
	default:
		node := *right
		node.left = join(left, right.left)
		return &node
	}
}
