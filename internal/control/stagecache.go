package control

import (
	"context"
	"strconv"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// cacheSizes are AWS's, in gigabytes; the first is what a cache has whose maker names
// none.
var cacheSizes = []string{"0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"}

// How long cacheClusterStatus tells of a change. At AWS the changes take minutes; here
// they are done when the call that made them is answered. That a cache is being deleted
// is told for longer, because Terraform waits to see it.
const (
	cacheChangeTime   = time.Second
	cacheDeletionTime = time.Minute
)

// A cacheState is the cache that a stage has, beside what the service shows of it.
type cacheState struct {
	Size string `json:"size,omitempty"` // in gigabytes; "" for no cache

	// Life names what the cache holds: with another name it is empty. It is drawn and
	// not counted, so that a stage that is made again under its name finds nothing of
	// the one before.
	Life string `json:"life,omitempty"`

	Change string `json:"change,omitempty"` // what cacheClusterStatus says of the last change
	Until  int64  `json:"until,omitempty"`  // epoch milliseconds to which it says so
}

// settleCache takes over what a stage says of its cache. A cache of another size is
// another cache (documented).
func (t *tx) settleCache(st *stage) {
	size, now := "", t.svc.now()
	if isTrue(st.CacheClusterEnabled) {
		st.CacheClusterSize = withDefault(given(st.CacheClusterSize), cacheSizes[0])
		size = *st.CacheClusterSize
	}
	switch {
	case size == st.Cache.Size:
	case size == "":
		st.changeCache(size, "DELETE_IN_PROGRESS", now.Add(cacheDeletionTime))
	default:
		st.changeCache(size, "CREATE_IN_PROGRESS", now.Add(cacheChangeTime))
	}
	st.showCache(now)
}

// changeCache gives a stage another cache, which is empty.
func (s *stage) changeCache(size, change string, until time.Time) {
	s.Cache = cacheState{Size: size, Life: newID(apiIDLength), Change: change, Until: until.UnixMilli()}
}

// showCache fills in the status of the stage's cache as it is at a time.
func (s *stage) showCache(now time.Time) {
	status := "NOT_AVAILABLE"
	switch {
	case now.UnixMilli() < s.Cache.Until:
		status = s.Cache.Change
	case s.Cache.Size != "":
		status = "AVAILABLE"
	}
	s.CacheClusterStatus = &status
}

// freezeCache is the served form of a stage's cache, nil for none.
func (s *stage) freezeCache() *snapshot.Cache {
	gigabytes, err := strconv.ParseFloat(s.Cache.Size, 64)
	if err != nil { // it has none
		return nil
	}
	return &snapshot.Cache{Bytes: int64(gigabytes * (1 << 30)), Life: s.Cache.Life}
}

// FlushStageCache forgets the answers that a stage has kept. A stage without a cache
// has none.
func (s *Service) FlushStageCache(ctx context.Context, who *wire.Caller, in *wire.FlushStageCacheRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		st, err := t.stage(in.StageName)
		if err != nil || st.Cache.Size == "" {
			return err
		}
		st.changeCache(st.Cache.Size, "FLUSH_IN_PROGRESS", s.now().Add(cacheChangeTime))
		return t.saveServed(kindStage, *st.StageName, st)
	})
}
