package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// patience is how long a part may take to start, and to end when it is told to.
const patience = time.Minute

// part is a process of this measurement.
type part struct {
	name  string
	addr  string // where it listens
	cmd   *exec.Cmd
	stdin io.Closer
}

// start runs a part and waits for its address.
func (r *run) start(ctx context.Context, name string, args ...string) (*part, error) {
	r.say("starting the %s", name)
	p := &part{name: name, cmd: r.Part(name, args...)}
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the %s: %w", name, err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the %s: %w", name, err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the %s: %w", name, err)
	}
	p.stdin = stdin
	ready, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer context.AfterFunc(ready, p.kill)()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		p.kill()
		return nil, fmt.Errorf("the %s ended, or was not ready after %v, without its address: %w", name, patience, p.cmd.Wait())
	}
	p.addr = strings.TrimSpace(line)
	return p, nil
}

func (p *part) kill() { _ = p.cmd.Process.Kill() } // it may have ended by itself

// stop tells the part to end, and sees to it that it does.
func (p *part) stop() error {
	_ = p.stdin.Close() // a part that ended has closed it already
	defer time.AfterFunc(patience, p.kill).Stop()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("the %s: %w", p.name, err)
	}
	return nil
}
