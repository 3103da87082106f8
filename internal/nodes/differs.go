package nodes

import "slices"

// differ has the log tell, once for each node, in what this one is set up otherwise than
// another, where that is a mistake. The lock is held.
func (r *Registry) differ(all []Node) {
	if r.o.Differs == nil {
		return
	}
	for id := range r.told {
		if !slices.ContainsFunc(all, func(n Node) bool { return n.ID == id }) {
			delete(r.told, id)
		}
	}
	for i := range all {
		n := &all[i]
		if n.ID == r.o.Self.ID || r.told[n.ID] {
			continue
		}
		if r.told == nil {
			r.told = make(map[string]bool)
		}
		r.told[n.ID] = true
		for _, what := range r.o.Differs(n) {
			r.o.Log.Error("this node and another are set up differently: "+what, "other", n.Address)
		}
	}
}
