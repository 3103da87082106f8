package functions

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// A process is the program of a worker, with all that it starts: a group of processes,
// and those that have left it.
type process struct {
	cmd    *exec.Cmd
	mark   mark
	output *os.File      // what it prints
	read   chan struct{} // closed when the output has been read
	group  group
	until  time.Time // when what it has been given is no good any more; zero for never

	mu    sync.Mutex
	ended bool // its pid may be another's
}

// spawn starts the program of a function, whose Runtime API is at an address, and which
// is told that it has a log stream. print gets its output, line by line.
func (s *Set) spawn(f *Function, api, stream string, print func([]byte)) (*process, error) {
	mark, err := s.begin(f)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.machine.Ready(f.launch), s.keeper.start()); err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	env, until := f.environment(api, stream)
	command := func() *exec.Cmd {
		return &exec.Cmd{
			Path: f.launch.Args[0], Args: f.launch.Args, Dir: f.config.Program.Dir, Stdout: w, Stderr: w,
			Env: env,
		}
	}
	p := &process{mark: mark, until: until, output: r, read: make(chan struct{})}
	memory := f.config.Program.Memory
	err = s.onSpawner(func() error { return s.launch(p, command, memory) })
	_ = w.Close()
	if err == nil {
		err = p.group.adopt(p.cmd, int64(memory)<<20)
	}
	if err != nil {
		_ = r.Close()
		if p.cmd != nil && p.cmd.Process != nil {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
			s.keeper.left(p.pid())
		}
		return nil, err
	}
	go func() {
		defer close(p.read)
		readLines(r, print)
	}()
	return p, nil
}

// launch starts the command of a worker that may use so many MiB of memory, and has it
// known by its mark from then on.
func (s *Set) launch(p *process, command func() *exec.Cmd, memory int) (err error) {
	if p.cmd, err = p.group.start(command, s.cgroups, memory, s.log); err != nil {
		return err
	}
	s.keeper.began(p.pid())
	if err := p.mark.give(p.pid()); err != nil {
		s.markless.Do(func() {
			s.log.Warn("what functions start may outlive them: processes cannot be marked here", "error", err)
		})
	}
	return nil
}

// onSpawner calls do on the thread that starts all workers: Linux kills a process whose
// parent has asked for that when the thread ends that started it.
func (s *Set) onSpawner(do func() error) error {
	done := make(chan error, 1)
	select {
	case s.spawner <- func() { done <- do() }:
		return <-done
	case <-s.stop:
		return errClosed
	}
}

// runSpawner is the goroutine, on a thread of its own, that starts processes.
func (s *Set) runSpawner() {
	runtime.LockOSThread()
	for {
		select {
		case start := <-s.spawner:
			start()
		case <-s.stop:
			return // and the thread ends
		}
	}
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// kill ends the group at once.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.group.kill(p.cmd)
	}
}

// wait waits for the end of the program, and kills what is left of its group.
func (p *process) wait() *os.ProcessState {
	p.group.await(p.cmd) // its pid, and so its group, is still its own then
	p.mu.Lock()
	defer p.mu.Unlock()
	p.group.kill(p.cmd)
	p.ended = true
	_ = p.cmd.Wait() // the state says it
	return p.cmd.ProcessState
}

// lastOutput is how long the last lines of a dead worker may take.
const lastOutput = 2 * time.Second

// sweep ends what has left the group, and the reading of the output.
func (p *process) sweep() {
	p.group.sweep(p.mark)
	_ = p.output.SetReadDeadline(time.Now().Add(lastOutput))
	<-p.read
	_ = p.output.Close()
}
