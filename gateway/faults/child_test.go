// Package faults_test takes away what a gateway stands on, disk, room, descriptors, and checks that what it accepted is
// still there. The gateway is a process of its own: the test program, started again. Each test has a control beside it, a
// planted bug that the same check has to find.
package faults_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/faults/powercut"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue/queuetest"
)

// What the test program is when it is started again, and with what.
const (
	roleEnv    = "PLUGBOARD_TEST_ROLE"
	subjectEnv = "PLUGBOARD_TEST_SUBJECT" // a configuration file or a folder
	plantedEnv = "PLUGBOARD_TEST_PLANTED" // a bug between edge and queue
)

var roles = map[string]func(subject string) error{"gateway": serve, "inward": inward}

func TestMain(m *testing.M) {
	powercut.Main()
	if role, ok := roles[os.Getenv(roleEnv)]; ok {
		if err := role(os.Getenv(subjectEnv)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serve runs a gateway until it fails or is told to stop.
func serve(file string) error {
	o := gateway.Options{ConfigFile: file, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	gateway.LimitMemory(o.Logger)
	planted := os.Getenv(plantedEnv)
	if planted != "" {
		o.Wrap = queuetest.Eager
	}
	if os.Getenv(crashEnv) != "" {
		if err := new(crasher).plan(&o, planted); err != nil {
			return err
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	g, err := gateway.New(ctx, o)
	if err != nil {
		return err
	}
	fmt.Println(g.Listen(), g.Admin())
	return g.Run(ctx)
}

// site is a configuration, and what was accepted under it.
type site struct {
	config   string
	planted  string
	accepted gatewaytest.Accepted
}

// nowhere is a destination that nobody listens at.
const nowhere = "http://127.0.0.1:9/"

// newSite writes a configuration whose queue is in dir; more comes under [server].
func newSite(t *testing.T, dir, more string) *site {
	t.Helper()
	return &site{config: gatewaytest.Minimal(t, dir, nowhere, "per_address = 100000\n"+more)}
}

func (s *site) load(t *testing.T, url string, connections, size int) *gatewaytest.Load {
	return gatewaytest.StartLoad(t, url, connections, size, &s.accepted)
}

func (s *site) lost(t *testing.T) []string {
	t.Helper()
	return s.accepted.Lost(t, s.config)
}

func (s *site) mustHoldAll(t *testing.T) {
	t.Helper()
	s.accepted.MustHold(t, s.config)
}

// process is a child: the test program in a role.
type process struct {
	cmd    *exec.Cmd
	first  string // line of its output
	log    *bytes.Buffer
	exited chan struct{} // closed when err is set
	err    error
}

// start runs the test program in a role, behind a command such as prlimit if one is given, and waits for its first line.
func start(t *testing.T, role, subject, planted string, behind ...string) (*process, error) {
	t.Helper()
	args := append(behind, os.Args[0])
	p := &process{cmd: exec.Command(args[0], args[1:]...), log: new(bytes.Buffer), exited: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), roleEnv+"="+role, subjectEnv+"="+subject, plantedEnv+"="+planted)
	p.cmd.Stderr = p.log
	return p, p.begin(t)
}

func (p *process) begin(t *testing.T) error {
	t.Helper()
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	said := lines.Scan()
	p.first = lines.Text()
	go func() {
		for lines.Scan() { // until it ends
		}
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(p.kill)
	if !said {
		<-p.exited
		return errors.Join(errors.New(p.log.String()), p.err)
	}
	return nil
}

// kill ends the child, if it still runs.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // an error says that it has ended
	<-p.exited
}

// wasKilled says whether the child, which has ended, was ended by SIGKILL.
func (p *process) wasKilled() bool {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signal() == syscall.SIGKILL
}

// gone says whether the child ended within d.
func (p *process) gone(d time.Duration) bool {
	select {
	case <-p.exited:
		return true
	case <-time.After(d):
		return false
	}
}

// stop tells a gateway to end and wants it to end well.
func (r *running) stop(t *testing.T) {
	t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if !r.gone(30*time.Second) || r.err != nil {
		t.Fatalf("the gateway did not end in order: %v\n%s", r.err, tail(r.log.String()))
	}
}

// running is a gateway in a child.
type running struct {
	*process
	in, ready string // URLs
}

func (s *site) start(t *testing.T, behind ...string) *running {
	t.Helper()
	p, err := start(t, "gateway", s.config, s.planted, behind...)
	if err != nil {
		t.Fatalf("the gateway did not start: %v", err)
	}
	var listen, admin string
	if _, err := fmt.Sscan(p.first, &listen, &admin); err != nil {
		t.Fatalf("%q: %v", p.first, err)
	}
	return &running{p, "http://" + listen + "/in", "http://" + admin + "/readyz"}
}

// isReady asks /readyz.
func (r *running) isReady() bool {
	resp, err := http.Get(r.ready)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// until waits for a condition, asked every few milliseconds.
func until(d time.Duration, met func() bool) bool {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if met() {
			return true
		}
	}
	return met()
}
