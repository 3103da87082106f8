package functions

import (
	"log/slog"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A group is the job of a worker, which all that it starts belongs to. Windows ends it
// when its last handle is closed, which the end of the gateway does too.
type group struct{ job windows.Handle }

func (group) start(command func() *exec.Cmd, _ *cgroupHost, _ int, _ *slog.Logger) (*exec.Cmd, error) {
	cmd := command()
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	return cmd, cmd.Start()
}

// adopt puts a command into a job, whose memory is bounded by so many bytes.
func (g *group) adopt(cmd *exec.Cmd, memory int64) error {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return err
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_JOB_MEMORY
	limits.JobMemoryLimit = uintptr(memory)
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		var process windows.Handle
		if process, err = windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(cmd.Process.Pid)); err == nil {
			err = windows.AssignProcessToJobObject(job, process)
			_ = windows.CloseHandle(process)
		}
	}
	if err != nil {
		_ = windows.CloseHandle(job)
		return err
	}
	g.job = job
	return nil
}

func (g *group) kill(*exec.Cmd) { _ = windows.TerminateJobObject(g.job, 1) }

func (g *group) await(cmd *exec.Cmd) { _ = cmd.Wait() }

func (group) outOfMemory() bool { return false }

func (g *group) sweep(mark) { _ = windows.CloseHandle(g.job) }
