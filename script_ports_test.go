package main

import (
	"fmt"
	"net"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// oddPort is a listener that is no Kafka broker.
type oddPort struct {
	listener net.Listener
	answer   []byte // to the first bytes that come; none: it stays mute
	heard    func()
	accepted chan net.Conn

	mu    sync.Mutex
	conns []net.Conn
}

// answers are what the kinds of ports say to a Kafka request.
func answers() map[string][]byte {
	return map[string][]byte{
		"http":    []byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
		"tls":     {0x15, 3, 3, 0, 2, 2, 10}, // an alert, fatal, unexpected_message: what a broker's SSL listener says
		"garbage": []byte("\x7f\xff\xff\xffI speak another language"),
		"mute":    nil,
	}
}

func (f *fixture) badPort(ts *testscript.TestScript, args []string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ts.Setenv("BADPORT", l.Addr().String())
	if args[0] == "closed" {
		return l.Close()
	}
	answer, ok := answers()[args[0]]
	if !ok {
		return fmt.Errorf("no such kind of port: %q", args[0])
	}
	f.port = &oddPort{listener: l, answer: answer, heard: f.tell, accepted: make(chan net.Conn, 1<<10)}
	go f.port.serve()
	return nil
}

func (p *oddPort) serve() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.conns = append(p.conns, c)
		p.mu.Unlock()
		p.accepted <- c
		go p.speak(c)
	}
}

func (p *oddPort) speak(c net.Conn) {
	buf := make([]byte, 4096)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
		if p.answer == nil {
			p.heard()
			continue
		}
		_, _ = c.Write(p.answer)
		_ = c.Close()
		return
	}
}

// untouched calls the port itself: connections are accepted in order, so that any other would have come before.
func (f *fixture) untouched(_ *testscript.TestScript, _ []string) error {
	own, err := net.Dial("tcp", f.port.listener.Addr().String())
	if err != nil {
		return err
	}
	defer func() { _ = own.Close() }()
	select {
	case c := <-f.port.accepted:
		if c.RemoteAddr().String() != own.LocalAddr().String() {
			return fmt.Errorf("there was a connection from %s", c.RemoteAddr())
		}
		return nil
	case <-f.ctx.Done():
		return f.ctx.Err()
	}
}

func (p *oddPort) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
}
