package gateway_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/dispatch"
)

var reloads = flag.Int("reload.count", 50, "how often TestReloadsUnderLoad reloads; 20 with -short")

const (
	badEvery   = 10 // of the reloads one is bad: in turn the configuration and the plugin's file
	swapEvery  = 5  // one takes another plugin
	warmUp     = 6  // reloads before goroutines and descriptors are counted
	slack      = 30 // goroutines that may come and go, and descriptors: ten connections of the lane have as many at both ends
	settleTime = 10 * time.Second
)

// reloading is a gateway under load that is reloaded again and again.
type reloading struct {
	*loaded
	base     string   // the configuration, with %s for a greeting
	versions []string // of the plugin
	hashes   []string // that ever ran
	n        int      // reloads so far
	plugged  int      // which version is in force
	late     func()   // planted: makes a bad configuration good before it is read
}

func startReloading(t *testing.T, change func(*gateway.Options)) *reloading {
	t.Helper()
	r := &reloading{}
	r.loaded = underLoad(t, func(o *gateway.Options) {
		o.Watch = false // each reload is asked for
		if change != nil {
			change(o)
		}
	})
	r.base = strings.Replace(readFile(t, r.file), "[destinations.there]\nplugin = \"probe\"",
		"[destinations.there]\nplugin = \"probe\"\ntimeout = \"%ds\"", 1)
	for _, v := range []string{"1", "2", "3"} {
		r.versions = append(r.versions, string(probeNamed(t, `{"version":"`+v+`"}`)))
	}
	r.hashes = []string{r.plugin(t).Hash}
	return r
}

// setup is what the API says is in force.
func (r *reloading) setup(t *testing.T) (out [3]any) {
	t.Helper()
	var routes struct{ Items []admin.RouteInfo }
	var destinations struct{ Items []admin.DestinationInfo }
	r.api(t, "/v1/routes", &routes)
	r.api(t, "/v1/destinations", &destinations)
	for i := range destinations.Items {
		d := &destinations.Items[i]
		d.Pending, d.Leased, d.Oldest, d.QuietUntil, d.Failing = 0, 0, time.Time{}, time.Time{}, false
	}
	return [3]any{routes.Items, destinations.Items, r.plugin(t).Hash}
}

// times reloads so often.
func (r *reloading) times(t *testing.T, n int) {
	t.Helper()
	for range n {
		r.n++
		switch {
		case r.n%(2*badEvery) == 0:
			r.badConfig(t)
		case r.n%badEvery == 0:
			r.badPlugin(t)
		default:
			r.good(t)
		}
	}
}

// good takes another configuration, and from time to time another plugin with it, and wants both in force.
func (r *reloading) good(t *testing.T) {
	t.Helper()
	swap := r.n%swapEvery == 0
	if swap {
		r.plugged = (r.plugged + 1) % len(r.versions)
	}
	r.write(t, "plugins/probe.wasm", r.versions[r.plugged])
	route := fmt.Sprintf("all %d", r.n)
	r.write(t, "config.toml", strings.Replace(fmt.Sprintf(r.base, 10+r.n%5), `name = "all"`, fmt.Sprintf("name = %q", route), 1))
	if err := r.Reload(t.Context()); err != nil {
		r.say("reload %d: %v", r.n, err)
		return
	}
	var routes struct{ Items []admin.RouteInfo }
	r.api(t, "/v1/routes", &routes)
	if len(routes.Items) != 1 || routes.Items[0].Name != route {
		r.say("reload %d: in force are the routes %+v", r.n, routes.Items)
	}
	if hash := r.plugin(t).Hash; !slices.Contains(r.hashes, hash) {
		r.hashes = append(r.hashes, hash)
	}
}

// badConfig offers a configuration with a mistake. It must be refused, and change nothing.
func (r *reloading) badConfig(t *testing.T) {
	t.Helper()
	before := r.setup(t)
	r.write(t, "config.toml", strings.Replace(fmt.Sprintf(r.base, 10), `name = "all"`, "name = \"never\"\nwhen = 'data.agent.id =='", 1))
	if r.late != nil {
		r.late()
	}
	if err := r.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "config.toml:") {
		r.say("reload %d: a configuration with a mistake came to %v", r.n, err)
	}
	r.mustStay(t, before)
}

// badPlugin offers half a plugin. The one that runs goes on.
func (r *reloading) badPlugin(t *testing.T) {
	t.Helper()
	before := r.setup(t)
	whole := r.versions[(r.plugged+1)%len(r.versions)]
	r.write(t, "plugins/probe.wasm", whole[:len(whole)/2])
	if err := r.Reload(t.Context()); err != nil {
		r.say("reload %d: half a plugin kept the rest back: %v", r.n, err)
	}
	if i := r.plugin(t); i.Refused == nil {
		r.say("reload %d: half a plugin was not refused: %+v", r.n, i)
	}
	r.mustStay(t, before)
}

func (r *reloading) mustStay(t *testing.T, before [3]any) {
	t.Helper()
	if now := r.setup(t); !reflect.DeepEqual(now, before) {
		r.say("reload %d was bad and changed %v to %v", r.n, before, now)
	}
}

// counts gives how many goroutines and descriptors there are when nothing is under way: at most as many as wanted, or as many
// as there still are after a while.
func (r *reloading) counts(goroutines, descriptors int, patience time.Duration) (int, int) {
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		http.DefaultClient.CloseIdleConnections()
		runtime.GC() // what is closed by a finaliser
		g, d := runtime.NumGoroutine(), descriptorCount()
		if g <= goroutines && d <= descriptors || time.Now().After(deadline) {
			return g, d
		}
	}
}

// calm waits until goroutines and descriptors get no fewer.
func (r *reloading) calm() (goroutines, descriptors int) {
	goroutines, descriptors = 1<<20, 1<<20
	for range 50 {
		http.DefaultClient.CloseIdleConnections()
		runtime.GC()
		g, d := runtime.NumGoroutine(), descriptorCount()
		if g >= goroutines && d >= descriptors {
			return goroutines, descriptors
		}
		goroutines, descriptors = min(g, goroutines), min(d, descriptors)
		time.Sleep(50 * time.Millisecond)
	}
	return goroutines, descriptors
}

// descriptorCount is how many descriptors this process has open; 0 where that is not told.
func descriptorCount() int {
	names, _ := os.ReadDir("/proc/self/fd")
	return len(names)
}

// run reloads under load and names what is wrong.
func (r *reloading) run(t *testing.T, count int, patience time.Duration) []string {
	t.Helper()
	r.times(t, warmUp)
	r.end()
	r.arrive(t, r.hashes, patience)
	g, d := r.calm()
	r.load(t)
	r.times(t, count)
	r.end()
	r.arrive(t, r.hashes, patience)
	gNow, dNow := r.counts(g+slack, d+slack, patience)
	if gNow > g+slack {
		r.say("goroutines grew from %d to %d over %d reloads", g, gNow, count)
	}
	if dNow > d+slack {
		r.say("descriptors grew from %d to %d over %d reloads", d, dNow, count)
	}
	t.Logf("%d reloads, %d events; goroutines %d, then %d; descriptors %d, then %d", r.n, r.sent.Load(), g, gNow, d, dNow)
	return r.wrong
}

// TestReloadsUnderLoad is row 22: the gateway is reloaded again and again while requests come in without a pause and go out,
// with other settings, other plugins, and every tenth time with something bad. No request sees an error, nothing is lost,
// what is bad changes nothing, goroutines and descriptors stay as many as they were. By name, as often as one likes:
//
//	go test ./gateway -run TestReloadsUnderLoad -reload.count 1000 -timeout 30m -v
func TestReloadsUnderLoad(t *testing.T) {
	count := *reloads
	if testing.Short() {
		count = min(count, 20)
	}
	for _, w := range startReloading(t, nil).run(t, count, settleTime) {
		t.Error(w)
	}
}

// TestReloadFaultsAreFound is the control: a gateway that refuses requests while it reloads, one that keeps a few
// goroutines and files of each configuration it had, and one that takes a bad configuration into use.
func TestReloadFaultsAreFound(t *testing.T) {
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	var files []*os.File
	keep := func(*dispatch.Lane) {
		for range 3 {
			if f, err := os.Open(os.DevNull); err == nil {
				files = append(files, f)
			}
		}
		for range 12 { // more than a busy machine has yet to end when the counting begins
			go func() { <-stop }()
		}
	}
	t.Cleanup(func() {
		for _, f := range files {
			_ = f.Close()
		}
	})
	leak := func(o *gateway.Options) { o.Lane = keep }
	for _, tt := range []struct {
		name  string
		plant func(*gateway.Options)
		late  bool
		want  []string
	}{
		{"refusing", refuseWhileReloading, false, []string{"answered 503"}},
		{"leaking", leak, false, []string{"goroutines grew", "descriptors grew"}},
		{"careless", nil, true, []string{"with a mistake came to <nil>", "was bad and changed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := startReloading(t, tt.plant)
			if tt.late {
				r.late = func() {
					r.write(t, "config.toml", strings.Replace(fmt.Sprintf(r.base, 10), `name = "all"`, `name = "never"`, 1))
				}
			}
			wrong := r.run(t, 18, time.Second)
			for _, want := range tt.want {
				if !slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(w, want) }) {
					t.Errorf("no %q, only %q", want, wrong)
				}
			}
		})
	}
}
