package send_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/plugboard/plugboard/gateway/deliver/send"
)

// BenchmarkClients compares the Client with net/http's and fasthttp's behind the same interface, over the loopback, against
// a receiver that costs next to nothing. Besides time it reports the processor time that the whole process spent for
// a request, receiver included, which floor shows alone.
//
//	go test -run '^$' -bench Clients -benchmem -count 5 ./gateway/deliver/send
func BenchmarkClients(b *testing.B) {
	body := bytes.Repeat([]byte(`{"k":"v"} `), 70) // a canonical event has about 700 bytes
	for _, client := range []struct {
		name string
		make func(connections int) send.Sender
	}{
		{"floor", func(int) send.Sender { return &bareSender{} }},
		{"client", func(n int) send.Sender {
			return send.NewClient(send.Options{AllowHTTP: true, Connections: n, Guard: &send.Guard{AllowPrivate: true}})
		}},
		{"nethttp", newNetSender},
		{"fasthttp", newFastSender},
	} {
		for _, parallel := range []int{1, 10} {
			if client.name == "floor" && parallel > 1 {
				continue // one connection, not shared
			}
			b.Run(fmt.Sprintf("%s/%d", client.name, parallel), func(b *testing.B) {
				url := "http://" + receiver(b) + "/hook"
				s := client.make(parallel)
				b.ReportAllocs()
				b.SetParallelism(max(1, parallel/2)) // GOMAXPROCS is 2 where the figures come from
				if parallel == 1 {
					before := cpu()
					for b.Loop() {
						post(b, s, url, body)
					}
					b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op")
					return
				}
				before := cpu()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						post(b, s, url, body)
					}
				})
				b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

func post(b *testing.B, s send.Sender, url string, body []byte) {
	h := http.Header{"Content-Type": {"application/cloudevents+json"}, "Webhook-Id": {"01JNGR5X0V7W2Q9P4K3M8T6ZBA"}, "Webhook-Timestamp": {"1741075200"}}
	resp, err := s.Send(context.Background(), &send.Request{Method: "POST", URL: url, Header: h, Body: body})
	if err != nil || resp.Status != 200 {
		b.Errorf("%+v, %v", resp, err)
	}
}

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// receiver answers 200 to whatever comes with a Content-Length, with as little work as can be.
func receiver(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answer(c)
		}
	}()
	return l.Addr().String()
}

func answer(c net.Conn) {
	defer func() { _ = c.Close() }()
	r := bufio.NewReader(c)
	for {
		length := 0
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(line) <= 2 {
				break
			}
			if name, value, _ := strings.Cut(string(line), ":"); strings.EqualFold(name, "content-length") {
				length, _ = strconv.Atoi(strings.TrimSpace(value))
			}
		}
		if _, err := r.Discard(length); err != nil {
			return
		}
		if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}"); err != nil {
			return
		}
	}
}

// bareSender writes and reads bytes on one connection: what no client can go below.
type bareSender struct {
	c net.Conn
	r *bufio.Reader
}

func (s *bareSender) Send(_ context.Context, r *send.Request) (*send.Response, error) {
	if s.c == nil {
		c, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(r.URL, "http://"), "/hook"))
		if err != nil {
			return nil, err
		}
		s.c, s.r = c, bufio.NewReader(c)
	}
	head := "POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: " + strconv.Itoa(len(r.Body)) + "\r\n\r\n"
	if _, err := s.c.Write(append([]byte(head), r.Body...)); err != nil {
		return nil, err
	}
	for {
		line, err := s.r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(line) <= 2 {
			_, err = s.r.Discard(len(`{"ok":true}`))
			return &send.Response{Status: 200}, err
		}
	}
}

// fastSender is what a Sender on fasthttp would be: one attempt, a bounded answer, the same guard at dial time. It has
// no HTTP/2 and a request cannot be interrupted: the context only gives a deadline.
type fastSender struct{ c *fasthttp.Client }

func newFastSender(connections int) send.Sender {
	guard := &send.Guard{AllowPrivate: true}
	return &fastSender{&fasthttp.Client{
		MaxConnsPerHost: connections, MaxResponseBodySize: send.DefaultMaxResponse, MaxIdemponentCallAttempts: 1,
		NoDefaultUserAgentHeader: true, MaxIdleConnDuration: 30 * time.Second,
		RetryIfErr: func(*fasthttp.Request, int, error) (bool, bool) { return false, false },
		DialTimeout: func(addr string, timeout time.Duration) (net.Conn, error) {
			c, err := net.DialTimeout("tcp", addr, timeout)
			if err == nil {
				err = guard.Check(c.RemoteAddr().(*net.TCPAddr).AddrPort())
			}
			return c, err
		},
	}}
}

func (s *fastSender) Send(_ context.Context, r *send.Request) (*send.Response, error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI(r.URL)
	req.Header.SetMethod(r.Method)
	for name, values := range r.Header {
		for _, v := range values {
			req.Header.Add(name, v)
		}
	}
	req.SetBodyRaw(r.Body)
	if err := s.c.DoTimeout(req, resp, send.DefaultTimeout); err != nil {
		return nil, err
	}
	out := &send.Response{Status: resp.StatusCode(), Header: http.Header{}, Body: append([]byte(nil), resp.Body()...)}
	for name, value := range resp.Header.All() {
		out.Header.Add(string(name), string(value))
	}
	return out, nil
}

// netSender is net/http without what makes a Client of it.
type netSender struct{ t *http.Transport }

func newNetSender(connections int) send.Sender {
	return netSender{&http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections, DisableCompression: true}}
}

func (s netSender) Send(ctx context.Context, r *send.Request) (*send.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, send.DefaultTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	req.Header = r.Header
	resp, err := s.t.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return &send.Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, err
}
