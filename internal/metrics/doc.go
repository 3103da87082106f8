// Package metrics has the numbers of a running server, as Prometheus reads them.
//
// Calls counts the calls of stages. What a call's numbers are added to is found when
// its stage is bound to its settings; counting a call then takes some atomic additions,
// and neither a lock nor memory. Labels come from definitions alone, never from
// requests, and the number of series is bounded all the same, because anybody who may
// deploy can make stages and methods.
//
// A Registry joins these with what the other parts of the process know of themselves,
// which is read when somebody asks.
package metrics
