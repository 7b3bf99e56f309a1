package child_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// hostileArg makes the test binary a child that speaks the protocol and means harm;
// what it does is named by the argument that follows.
const hostileArg = "run-as-hostile-child"

// The handles of the tests' master: of what is reported, of a Receiver, of one with a
// window; and the child of the master that is to be harmed.
const (
	reportHandle   = 6000
	receiverHandle = 6001
	windowHandle   = 6002
	victimID       = 1
)

// attacker is the hostile child's side of its link.
type attacker struct {
	id   uint32
	w    *bufio.Writer
	rd   *wire.Reader
	bulk wire.Bulk
	side *os.File // that bulk is
}

func hostileMain(name string) error {
	data, err := wire.ReadPreamble(os.Stdin, wire.ConfigMagic)
	if err != nil {
		return err
	}
	cfg, err := parent.DecodeConfig(data)
	if err != nil {
		return err
	}
	ready, err := (&parent.Ready{Build: cfg.Build, PID: os.Getpid()}).Encode()
	if err != nil {
		return err
	}
	side := os.NewFile(uintptr(cfg.Bulk), "link bulk")
	a := &attacker{cfg.ID, bufio.NewWriter(os.Stdout), wire.NewReader(os.Stdin, 1<<30), wire.Bulk{ReadWriter: side, Least: wire.BulkData}, side}
	a.rd.Bulk = a.bulk
	_, _ = a.w.Write(wire.AppendPreamble(nil, wire.ReadyMagic, ready))
	report := attacks[name](a)
	a.send(wire.Frame{Handle: reportHandle, Data: must(codec.Encode(report))})
	_ = a.w.Flush()
	_, _ = io.Copy(io.Discard, os.Stdin) // until the link ends
	return nil
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

// send sends a frame of its own, unless the frame says that it is somebody else's.
func (a *attacker) send(f wire.Frame) {
	if f.Src == 0 {
		f.Src = a.id
	}
	if f.Auth == 0 {
		f.Auth = a.id
	}
	a.raw(f)
}

func (a *attacker) raw(f wire.Frame) {
	_, _ = a.w.Write(f.AppendHeader(nil)) // the link may have been cut
	if !a.bulk.Takes(len(f.Data)) {
		_, _ = a.w.Write(f.Data)
		return
	}
	_ = a.w.Flush()
	_, _ = a.bulk.Write(f.Data)
}

// answer sends a frame and gives the text of its answer.
func (a *attacker) answer(f wire.Frame) string {
	f.ReplyTo = 77
	a.send(f)
	_ = a.w.Flush()
	for {
		got, err := a.rd.Next()
		if err != nil {
			return err.Error()
		}
		if got.Handle == 77 {
			return string(got.Data)
		}
	}
}

// flood sends n frames that are answered, reading meanwhile, and gives how often each
// answer came.
func (a *attacker) flood(n int, frame func(i int) wire.Frame) map[string]int {
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for i := range n {
			f := frame(i)
			f.ReplyTo = 78
			a.send(f)
		}
		_ = a.w.Flush()
	}()
	counts := map[string]int{}
	for range n {
		f, err := a.rd.Next()
		if err != nil {
			counts[err.Error()]++
			break
		}
		if f.ReplyTo == wire.IsDead {
			counts[string(f.Data)]++
		} else {
			counts["an answer"]++
		}
	}
	<-sent
	return counts
}

func call() []byte {
	var enc codec.Encoder
	enc.Array(4)
	for _, v := range []value.Value{nil, "pwn", value.List{}} {
		if err := enc.Value("", v); err != nil {
			panic(err)
		}
	}
	enc.Array(0)
	return enc.Buf
}

func route(id int64) []byte { return must(codec.Encode(value.List{id, "evil"})) }

func credit(kind, handle, id, bytes int64) []byte {
	return must(codec.Encode(value.List{kind, handle, id, bytes}))
}

// attacks are what a hostile child does; each gives what it saw.
var attacks = map[string]func(a *attacker) string{
	"act with the master's authority": func(a *attacker) string {
		a.raw(wire.Frame{Dst: victimID, Src: a.id, Auth: 0, Handle: wire.CallFunction, Data: call()})
		return ""
	},
	"speak as the master": func(a *attacker) string {
		a.raw(wire.Frame{Dst: victimID, Src: 0, Auth: a.id, Handle: wire.Shutdown})
		return ""
	},
	"speak as a sibling": func(a *attacker) string {
		a.send(wire.Frame{Src: victimID, Auth: victimID, Handle: receiverHandle, Data: must(codec.Encode("forged"))})
		return ""
	},
	"call its parent": func(a *attacker) string { return a.answer(wire.Frame{Handle: wire.CallFunction, Data: call()}) },
	"call its sibling": func(a *attacker) string {
		return a.answer(wire.Frame{Dst: victimID, Handle: wire.CallFunction, Data: call()})
	},
	"end its sibling": func(a *attacker) string { return a.answer(wire.Frame{Dst: victimID, Handle: wire.Shutdown}) },
	"send a function up": func(a *attacker) string {
		fn, err := codec.Encode(&value.Func{Name: "os.exit", Builtin: "os.exit"})
		a.send(wire.Frame{Handle: receiverHandle, Data: must(fn, err)})
		return ""
	},
	"claim routes": func(a *attacker) string {
		for _, id := range []int64{victimID, victimID + 1, -1, 1 << 40} {
			a.send(wire.Frame{Handle: wire.AddRoute, Data: route(id)})
		}
		return ""
	},
	"claim ids that others will have": func(a *attacker) string {
		for _, id := range []int64{int64(a.id) + 1, 5_000_000} {
			a.send(wire.Frame{Handle: wire.AddRoute, Data: route(id)})
		}
		return ""
	},
	"end others' routes": func(a *attacker) string {
		for _, id := range []int64{victimID, 0, 2, 1 << 40} {
			a.send(wire.Frame{Handle: wire.DelRoute, Data: route(id)})
		}
		return ""
	},
	"answer for its sibling": func(a *attacker) string {
		for handle := uint32(wire.FirstDynamic); handle < 3000; handle++ {
			a.send(wire.Frame{Handle: handle, Data: must(codec.Encode("forged"))})
			a.send(wire.Frame{Handle: handle, ReplyTo: wire.IsDead, Data: []byte("forged")})
		}
		return ""
	},
	"give code to its parent": func(a *attacker) string { return a.answer(wire.Frame{Handle: wire.LoadModule, Data: []byte{0x80}}) },
	"send too much at once": func(a *attacker) string {
		return a.answer(wire.Frame{Handle: receiverHandle, Data: make([]byte, 3<<20)})
	},
	"speak nonsense": func(a *attacker) string {
		_, _ = a.w.WriteString("-----BEGIN NONSENSE-----\n")
		return ""
	},
	"send half a frame": func(a *attacker) string {
		f := wire.Frame{Src: a.id, Auth: a.id, Handle: receiverHandle, Data: make([]byte, 100)}
		_, _ = a.w.Write(f.AppendHeader(nil))
		_ = a.w.Flush()
		os.Exit(0)
		return ""
	},
	"send half of bulk data": func(a *attacker) string {
		f := wire.Frame{Src: a.id, Auth: a.id, Handle: receiverHandle, Data: make([]byte, wire.BulkData)}
		_, _ = a.w.Write(f.AppendHeader(nil))
		_ = a.w.Flush()
		_, _ = a.bulk.Write(f.Data[:1000])
		_, _ = a.w.WriteString("what comes by the link is not that data") // nor is it read
		_ = a.w.Flush()
		os.Exit(0)
		return ""
	},
	"send half of bulk data and read half": func(a *attacker) string {
		_ = a.w.Flush() // that it is ready
		_, _ = a.side.Read(make([]byte, 1))
		f := wire.Frame{Src: a.id, Auth: a.id, Handle: receiverHandle, Data: make([]byte, wire.BulkData)}
		_, _ = a.w.Write(f.AppendHeader(nil))
		_ = a.w.Flush()
		_, _ = a.side.Write(f.Data[:1000])
		os.Exit(0)
		return ""
	},
	"close the second way within bulk data": func(a *attacker) string {
		f := wire.Frame{Src: a.id, Auth: a.id, Handle: receiverHandle, Data: make([]byte, wire.BulkData)}
		_, _ = a.w.Write(f.AppendHeader(nil))
		_ = a.w.Flush()
		_ = a.side.Close()
		return ""
	},
	"close the second way": func(a *attacker) string {
		_ = a.side.Close()
		return "closed"
	},
	"send malformed control messages": func(a *attacker) string {
		for _, handle := range []uint32{
			wire.GetModule, wire.CallFunction, wire.ForwardLog, wire.AddRoute, wire.DelRoute, wire.AllocateID, wire.Shutdown,
			wire.LoadModule, wire.ForwardModule, wire.Detaching, wire.CallService, wire.Cancel, wire.Credit, 0, wire.IsDead,
		} {
			for _, data := range [][]byte{nil, {0xff}, {0x9f}, bytes.Repeat([]byte{0x9b, 0xff}, 4000), bytes.Repeat([]byte{0x81}, 5000)} {
				a.send(wire.Frame{Handle: handle, Data: data})
				a.send(wire.Frame{Handle: handle, Data: data, ReplyTo: 79})
				a.send(wire.Frame{Handle: handle, Data: data, ReplyTo: wire.IsDead})
			}
		}
		return ""
	},
	"use its parent's services": func(a *attacker) string {
		command := value.List{"", int64(77), false, value.Bytes("true"), value.List{}, value.List{}}
		file := value.List{"/etc/hostname", "f", int64(77), false, false, false, false}
		var done []string
		for _, request := range []value.List{
			{"connect", value.List{"local", value.NewDict(0)}}, {"kill", int64(victimID)},
			{"files.get", file}, {"files.put", file}, {"fakessh", command}, {"fakessh.admit", int64(a.id)},
			{"fakessh.lend", value.List{int64(receiverHandle), int64(victimID)}},
		} {
			got := a.answer(wire.Frame{Handle: wire.CallService, Data: must(codec.Encode(request))})
			if !strings.Contains(got, "refused by policy") {
				done = append(done, fmt.Sprintf("%v: %q", request[0], got))
			}
		}
		return fmt.Sprintf("not refused: %q", done)
	},
	"ask for all ids": func(a *attacker) string {
		return fmt.Sprint(a.flood(1500, func(int) wire.Frame { return wire.Frame{Handle: wire.AllocateID} }))
	},
	"ask for code without end": func(a *attacker) string {
		return fmt.Sprint(a.flood(20_000, func(i int) wire.Frame {
			return wire.Frame{Handle: wire.GetModule, Data: must(codec.Encode(value.Bytes(bytes.Repeat([]byte{byte(i)}, 32))))}
		})["an answer"])
	},
	"log without end": func(a *attacker) string {
		for range 20_000 {
			a.send(wire.Frame{Handle: wire.ForwardLog, Data: must(codec.Encode(value.List{"", int64(0), "spam"}))})
		}
		return ""
	},
	"fill a window": func(a *attacker) string {
		a.send(wire.Frame{Handle: wire.Credit, ReplyTo: 78, Data: credit(1, windowHandle, 1, 1<<60)})
		a.send(wire.Frame{Handle: wire.Credit, ReplyTo: 78, Data: credit(2, windowHandle, 1, 1<<60)})
		a.send(wire.Frame{Handle: wire.Credit, ReplyTo: 78, Data: credit(3, receiverHandle, 1, 1<<60)})
		data := must(codec.Encode(strings.Repeat("x", 100_000)))
		counts := a.flood(60, func(int) wire.Frame { return wire.Frame{Handle: windowHandle, Data: data} })
		for why := range counts {
			if strings.Contains(why, "more was sent than the Receiver's window") {
				return "refused"
			}
		}
		return fmt.Sprint(counts)
	},
	"forge on and on": func(a *attacker) string {
		for range 200 {
			a.raw(wire.Frame{Dst: victimID, Src: a.id, Auth: 0, Handle: wire.CallFunction, Data: call()})
		}
		return ""
	},
}
