//go:build race

package main

// raceDetector says that the program under test is built with it: slower, and
// with several times the memory.
const raceDetector = true
