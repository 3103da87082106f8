package integration

import "container/heap"

// A seat is where one of those that wait is in a queue.
type seat struct {
	need  int64  // who needs less comes first
	turn  uint64 // of equals, who came first or has not been served for longer
	index int
	taken bool // it is in its queue
}

// A queue is a heap of those that wait.
type queue[T interface{ place() *seat }] []T

// settle puts x in the place that its need gives it, or takes it out of the queue if it
// does not wait. If it was not in the queue, it comes behind those that need as much.
func settle[T interface{ place() *seat }](q *queue[T], x T, waits bool, need int64, turn uint64) {
	at := x.place()
	switch {
	case !waits && at.taken:
		heap.Remove(q, at.index)
	case waits && !at.taken:
		at.need, at.turn = need, turn
		heap.Push(q, x)
	case waits && at.need != need:
		at.need = need
		heap.Fix(q, at.index)
	}
}

// served puts x, which has had its turn, behind those that need as much.
func served[T interface{ place() *seat }](q *queue[T], x T, turn uint64) {
	at := x.place()
	if at.turn = turn; at.taken {
		heap.Fix(q, at.index)
	}
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (q queue[T]) Len() int { return len(q) }

func (q queue[T]) Less(i, j int) bool {
	a, b := q[i].place(), q[j].place()
	if a.need != b.need {
		return a.need < b.need
	}
	return a.turn < b.turn
}

func (q queue[T]) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place().index, q[j].place().index = i, j
}

func (q *queue[T]) Push(x any) {
	at := x.(T).place()
	at.index, at.taken = len(*q), true
	*q = append(*q, x.(T))
}

func (q *queue[T]) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	var none T
	(*q)[last] = none
	*q = (*q)[:last]
	x.place().taken = false
	return x
}
