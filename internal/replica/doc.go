// Package replica keeps on a node's disk what a shared database has published, so that the
// node serves it while the database is away, also after a restart.
//
// A Source is the feed's store: it reads the database, and writes what it has read to the
// disk before the feed applies it. So the disk is not behind what was served, and no older
// revision is served after a restart, unless the disk could not be written: then the rows go
// to the feed all the same. A write has no bound of its own in time: a disk that hangs holds
// the feed. What it does with the rows, and when it reads them, it leaves to the feed.
package replica
