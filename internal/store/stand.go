package store

import (
	"context"
	"errors"
	"slices"
)

// A Stand says how far a database is, or how far somebody has followed it, and in which
// history.
type Stand struct {
	// Generation names the history that revisions are of: another one is no continuation
	// of what was read before, whatever its revisions are. It is "" before NameGeneration.
	Generation string
	Revision   Revision // the highest that is committed, or that was read

	// Commit is the last revision of the commit that gave Revision, and Mark what that
	// commit is called. A server that took over without it gives its revisions to others.
	// They are 0 and "" where nobody knows, and where one process alone has the database.
	Commit Revision
	Mark   string
}

// Errors of a database that is not followed further.
var (
	ErrBehind = errors.New("the database is at an older revision")
	ErrForked = errors.New("the database has another history")
)

// generationKey is where the name of the history is kept.
var generationKey = Key{Kind: "generation", ID: "current"}

// A standing is how far a snapshot is.
type standing struct {
	generation   string
	last, pruned Revision

	// Of the first commit whose last revision is not below the one asked for: that revision
	// and the commit's name, 0 and "" for none; and the lowest revision of which there is a
	// name.
	commit, oldest Revision
	mark           string
}

// A historian is a view of an engine whose database other servers may take over.
type historian interface {
	// standing answers for the generation under a key and the commit at a revision.
	standing(ctx context.Context, generation []byte, commit Revision) (standing, error)
	// commitOf returns the first commit whose last revision is not below one: that
	// revision, and its name.
	commitOf(ctx context.Context, at Revision) (Revision, string, error)
}

// standingOf returns how far a snapshot is.
func standingOf(ctx context.Context, v view, commit Revision) (at standing, err error) {
	key, _ := generationKey.encode()
	if h, ok := v.(historian); ok {
		return h.standing(ctx, key, commit)
	}
	doc, err := v.get(ctx, key)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return at, err
	}
	at.generation = string(doc)
	at.last, at.pruned, err = v.last(ctx)
	return at, err
}

// commitOf is that of a snapshot.
func commitOf(ctx context.Context, v view, at Revision) (Revision, string, error) {
	if h, ok := v.(historian); ok && at > 0 {
		return h.commitOf(ctx, at)
	}
	return 0, "", nil
}

// follows says whether a database goes on from where somebody is: nil, ErrBehind or
// ErrForked, or ErrPruned where that cannot be told any more.
func (at *standing) follows(from Stand) error {
	switch {
	case from.Generation != "" && from.Generation != at.generation:
		return ErrForked
	case at.last < from.Revision:
		return ErrBehind
	case from.Mark == "":
		return nil
	case at.commit == from.Commit:
		if at.mark != from.Mark {
			return ErrForked
		}
		return nil
	case from.Commit > at.last, at.oldest > 0 && at.oldest < from.Commit && at.commit > 0:
		return ErrForked // names go in the order of their revisions, and this one is missing
	}
	return ErrPruned
}

// Stand reads how far the database is now. The error is ErrBehind or ErrForked, beside
// that, where it does not go on from where somebody is who asks; anything goes on from the
// zero Stand.
func (s *Store) Stand(ctx context.Context, from Stand) (Stand, error) {
	v, err := s.feedView(ctx)
	if err != nil {
		return Stand{}, err
	}
	defer v.release()
	at, err := standingOf(ctx, v, from.Commit)
	if err != nil {
		return Stand{}, err
	}
	if err = at.follows(from); errors.Is(err, ErrPruned) {
		err = nil // Follow says so
	}
	return Stand{Generation: at.generation, Revision: at.last}, err
}

// Follow is Changes after from.Revision, for who keeps what it was told for longer than the
// database may be the same one: it returns ErrBehind or ErrForked where that does not go on from
// where the caller is, of which to is the next.
func (s *Store) Follow(ctx context.Context, from Stand, limit int, bare ...string) (rows []Served, to Stand, err error) {
	v, err := s.feedView(ctx)
	if err != nil {
		return nil, from, err
	}
	defer v.release()
	now, err := standingOf(ctx, v, from.Commit)
	if err != nil {
		return nil, from, err
	}
	if err := now.follows(from); err != nil {
		return nil, from, err
	}
	s.feed.committed(now.last)
	if from.Revision < now.pruned {
		return nil, from, ErrPruned
	}
	if rows, err = v.changes(ctx, from.Revision, limit, bare); err != nil {
		return nil, from, err
	}
	to = from
	to.Generation = now.generation
	if len(rows) > 0 {
		to.Revision = rows[len(rows)-1].Revision
	}
	if len(rows) > 0 || from.Mark == "" && from.Revision == now.last {
		to.Commit, to.Mark, err = commitOf(ctx, v, to.Revision)
	}
	return rows, to, err
}

// Everything is AllServed with how far that is.
func (s *Store) Everything(ctx context.Context, bare ...string) ([]Served, Stand, error) {
	v, err := s.feedView(ctx)
	if err != nil {
		return nil, Stand{}, err
	}
	defer v.release()
	now, err := standingOf(ctx, v, 0)
	if err != nil {
		return nil, Stand{}, err
	}
	s.feed.committed(now.last) // by another process, perhaps
	at := Stand{Generation: now.generation, Revision: now.last}
	if at.Commit, at.Mark, err = commitOf(ctx, v, now.last); err != nil {
		return nil, at, err
	}
	rows, err := v.changes(ctx, 0, 0, bare)
	return slices.DeleteFunc(rows, func(s Served) bool { return s.Deleted }), at, err
}

// NameGeneration has the database's history be called name where it has no name yet, or,
// with anew, whatever it is called: processes that have followed it before do not take it
// for a continuation then. It returns what it is called.
func (s *Store) NameGeneration(ctx context.Context, name string, anew bool) (string, error) {
	called := name
	_, err := s.Write(ctx, Scope{}, func(tx *Tx) error {
		called = name
		switch doc, err := tx.Get(generationKey); {
		case err == nil && !anew:
			called = string(doc)
			return nil
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		}
		return tx.Put(generationKey, []byte(name))
	})
	return called, err
}
