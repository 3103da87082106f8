package functions

import "os/exec"

// Windows ends the job of each worker itself, when the gateway is gone.
func apart(*exec.Cmd) {}

func ignoreSignals() {}

func killGroup(int) {}
