//go:build !linux

package main

import "testing"

func runImage(t *testing.T, _ string, _ containerConfig) { t.Skip("the image is for Linux") }
