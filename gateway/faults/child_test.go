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
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/faults/powercut"
	"github.com/plugboard/plugboard/queue"
)

// What the test program is when it is started again, and with what.
const (
	roleEnv    = "PLUGBOARD_TEST_ROLE"
	subjectEnv = "PLUGBOARD_TEST_SUBJECT" // a configuration file or a folder
	plantedEnv = "PLUGBOARD_TEST_PLANTED" // a bug between edge and queue
)

var roles = map[string]func(subject string) error{"gateway": serve}

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
	if os.Getenv(plantedEnv) != "" {
		o.Wrap = func(q queue.Queue) queue.Queue { return eager{q} }
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

// eager is the planted bug: it answers before the commit.
type eager struct{ queue.Queue }

func (e eager) Enqueue(_ context.Context, entries ...queue.Entry) ([]queue.Receipt, error) {
	receipts := make([]queue.Receipt, len(entries))
	kept := make([]queue.Entry, len(entries))
	for i, en := range entries {
		receipts[i] = queue.Receipt{ID: en.Event.ID, Deliveries: len(en.Owed)}
		kept[i] = en
		kept[i].Event.Body, kept[i].Event.Raw = bytes.Clone(en.Event.Body), bytes.Clone(en.Event.Raw)
	}
	go func() { _, _ = e.Queue.Enqueue(context.Background(), kept...) }()
	return receipts, nil
}

// site is a configuration, and what was accepted under it.
type site struct {
	config  string
	planted string

	mu       sync.Mutex
	accepted []string
}

// newSite writes a configuration whose queue is in dir; more comes under [server].
func newSite(t *testing.T, dir, more string) *site {
	t.Helper()
	s := &site{config: filepath.Join(t.TempDir(), "config.toml")}
	text := fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
per_address = 100000
%s
[queue]
dir = %q
min_free = "1MiB"
[plugins]
dir = "."
[sources.any]
path = "/in"
verify = { scheme = "none" }
[destinations.nobody]
url = "http://127.0.0.1:9/"
allow_http = true
allow_private = true
[[routes]]
name = "all"
to = ["nobody"]
`, more, dir)
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
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

// lost opens the store as a gateway would and gives the accepted events that it does not have.
func (s *site) lost(t *testing.T) []string {
	t.Helper()
	cfg, err := config.Load(s.config, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := gateway.Audit(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if report.FaultCount > 0 {
		t.Errorf("the store is not consistent: %v", report.Faults)
	}
	q, err := gateway.OpenStore(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	var lost []string
	for _, id := range s.accepted {
		info, err := q.Event(t.Context(), id)
		if err != nil || len(info.Deliveries) != 1 {
			lost = append(lost, id)
		}
	}
	return lost
}

func (s *site) mustHoldAll(t *testing.T) {
	t.Helper()
	if len(s.accepted) == 0 {
		t.Fatal("nothing was accepted; the test shows nothing")
	}
	if lost := s.lost(t); len(lost) > 0 {
		t.Errorf("%d of %d accepted events are missing, such as %s", len(lost), len(s.accepted), lost[0])
	}
	t.Logf("%d events accepted, none lost", len(s.accepted))
}
