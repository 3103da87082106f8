package value

// An openObject is an object of which members are still to come. As long as
// they are those of the last object at the same depth, in the same order, it
// only counts them, and in the end shares that object's shape.
type openObject struct {
	vals  int              // where its values begin on the stack
	keys  int              // where its keys begin on theirs, once they differ
	like  *shape           // the shape they do not differ from, or nil
	index map[string]int32 // of many keys
}

func (p *parser) open() openObject {
	o := openObject{vals: len(p.vals), keys: len(p.keys)}
	if p.depth <= maxShapes {
		o.like = p.shapes[p.depth-1]
	}
	return o
}

// add adds a member. One whose key was there before replaces that one's value.
func (p *parser) add(o *openObject, key string, v Value) {
	n := len(p.vals) - o.vals
	if o.like != nil {
		if n < len(o.like.keys) && o.like.keys[n] == key {
			p.pushValue(v)
			return
		}
		for _, key := range o.like.keys[:n] {
			p.pushKey(key)
		}
		o.like = nil
		if n > maxScan {
			p.reindex(o)
		}
	}
	if at := p.find(o, key); at >= 0 {
		p.vals[o.vals+at] = v
		return
	}
	p.pushKey(key)
	p.pushValue(v)
	switch {
	case p.err != nil:
	case o.index != nil:
		p.afford(sizeOfIndexed)
		o.index[key] = int32(n)
	case n == maxScan:
		p.reindex(o)
	}
}

// find returns which member of o has a key, or -1.
func (p *parser) find(o *openObject, key string) int {
	s := shape{keys: p.keys[o.keys:], index: o.index}
	return s.find(key)
}

func (p *parser) reindex(o *openObject) {
	s := shape{keys: p.keys[o.keys:]}
	if !p.afford(2 * len(s.keys) * sizeOfIndexed) {
		return
	}
	s.reindex()
	o.index = s.index
}

// close makes a map of the object, whose end is at hand.
func (p *parser) close(o *openObject) Value {
	p.next()
	p.arena.read, p.arena.left = p.pos, len(p.text)-p.pos
	m := p.arena.mapping()
	if len(p.vals) > o.vals {
		m.shape = p.shape(o)
		m.vals = p.popValues(o.vals)
		if p.depth <= maxShapes {
			p.shapes[p.depth-1] = m.shape
		}
	}
	p.mostKeys = max(p.mostKeys, len(p.keys))
	p.keys = p.keys[:o.keys]
	p.depth--
	if p.arena.refused != nil {
		return p.fail(noMemory)
	}
	return FromMap(m)
}

// shape returns the keys of an object that ends.
func (p *parser) shape(o *openObject) *shape {
	n := len(p.vals) - o.vals
	if o.like == nil {
		s := p.arena.shape()
		s.keys, s.index = p.arena.strings(p.keys[o.keys:]), o.index
		return s
	}
	if n == len(o.like.keys) {
		o.like.shared = true
		return o.like
	}
	s := p.arena.shape()
	s.keys, s.shared = o.like.keys[:n:n], true
	if n <= maxScan || p.afford(2*n*sizeOfIndexed) {
		s.reindex()
	}
	o.like.shared = true // its array of keys is
	return s
}
