package parent

import (
	"time"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Config is what a child is told in the handshake. It travels as a dict, so that
// a child of another build can still read Build, and refuse.
type Config struct {
	// Build is that of the parent; the child's must be the same.
	Build string
	ID    uint32
	// ParentIDs are the child's ancestors, nearest first.
	ParentIDs []uint32
	// Name is the context's name, RemoteName what the process list shows.
	Name, RemoteName string
	// LogLevel is a slog.Level: lower records are not forwarded.
	LogLevel int
	// MaxMessageSize is in bytes.
	MaxMessageSize uint32
	Unidirectional bool
	// Compress says that what follows the handshake is compressed (wire.Compress).
	Compress bool
	// Bulk is the child's descriptor by which the data of large frames travels; 0 for
	// none but the link's own.
	Bulk      int
	Debug     bool
	Profiling bool
	// Script is the path of the master's script, for mitogen.script.
	Script string
	// OrphanTimeout is how long a child lives without a byte from its parent.
	OrphanTimeout time.Duration
	// KeepAlive is how often the child is to be heard; 0 for whenever it has to say
	// something.
	KeepAlive time.Duration
	// Switches are the parent's.
	Switches Switches
}

// Encode gives the bytes of the configuration.
func (c *Config) Encode() ([]byte, error) {
	parents := make(value.List, len(c.ParentIDs))
	for i, id := range c.ParentIDs {
		parents[i] = int64(id)
	}
	d := value.NewDict(19)
	for _, f := range append(c.Switches.fields(), []value.Field{
		{Name: "build", Value: c.Build}, {Name: "id", Value: int64(c.ID)}, {Name: "parent_ids", Value: parents},
		{Name: "name", Value: c.Name}, {Name: "remote_name", Value: c.RemoteName},
		{Name: "log_level", Value: int64(c.LogLevel)}, {Name: "max_message_size", Value: int64(c.MaxMessageSize)},
		{Name: "unidirectional", Value: c.Unidirectional}, {Name: "compress", Value: c.Compress}, {Name: "bulk", Value: int64(c.Bulk)}, {Name: "debug", Value: c.Debug},
		{Name: "profiling", Value: c.Profiling}, {Name: "script", Value: c.Script},
		{Name: "orphan_timeout", Value: c.OrphanTimeout}, {Name: "keep_alive", Value: c.KeepAlive},
	}...) {
		d.Append(f.Name, f.Value)
	}
	return codec.Encode(d)
}

// DecodeConfig reads what Encode wrote. Fields that are missing keep their zero
// values: a parent of another build may not have them.
func DecodeConfig(data []byte) (*Config, error) {
	d, err := decodeDict(data)
	if err != nil {
		return nil, err
	}
	c := &Config{
		Build: text(d, "build"), ID: id(d, "id"), Name: text(d, "name"), RemoteName: text(d, "remote_name"),
		LogLevel: int(number(d, "log_level")), MaxMessageSize: id(d, "max_message_size"),
		Unidirectional: flag(d, "unidirectional"),
		Compress:       flag(d, "compress"), Bulk: int(number(d, "bulk")), Debug: flag(d, "debug"), Profiling: flag(d, "profiling"),
		Script: text(d, "script"), Switches: decodeSwitches(d),
	}
	if v, ok := d.Get("orphan_timeout"); ok {
		c.OrphanTimeout, _ = v.(time.Duration)
	}
	if v, ok := d.Get("keep_alive"); ok {
		c.KeepAlive, _ = v.(time.Duration)
	}
	parents, _ := d.Get("parent_ids")
	list, _ := parents.(value.List)
	for _, v := range list {
		n, ok := v.(int64)
		if !ok || n < 0 || n > 1<<32-1 {
			return nil, value.Errorf(value.KindStream, "malformed configuration: bad parent id")
		}
		c.ParentIDs = append(c.ParentIDs, uint32(n))
	}
	return c, nil
}

// Ready is what a child answers to its configuration.
type Ready struct {
	Build string
	// PID is the child's process id on its machine.
	PID int
	// Error says why the child refuses; "" if it is ready.
	Error string
}

// Encode gives the bytes of the answer.
func (r *Ready) Encode() ([]byte, error) {
	d := value.NewDict(3)
	d.Append("build", r.Build)
	d.Append("pid", int64(r.PID))
	d.Append("error", r.Error)
	return codec.Encode(d)
}

// DecodeReady reads what Encode wrote.
func DecodeReady(data []byte) (*Ready, error) {
	d, err := decodeDict(data)
	if err != nil {
		return nil, err
	}
	return &Ready{Build: text(d, "build"), PID: int(number(d, "pid")), Error: text(d, "error")}, nil
}

func decodeDict(data []byte) (*value.Dict, error) {
	v, err := codec.Decode(data, codec.Limits{Depth: 8, Items: 10_000})
	if err != nil {
		return nil, value.Errorf(value.KindStream, "malformed handshake: %w", err)
	}
	d, ok := v.(*value.Dict)
	if !ok {
		return nil, value.Errorf(value.KindStream, "malformed handshake: a %s", value.TypeName(v))
	}
	return d, nil
}

func text(d *value.Dict, key string) string {
	v, _ := d.Get(key)
	s, _ := v.(string)
	return s
}

func number(d *value.Dict, key string) int64 {
	v, _ := d.Get(key)
	n, _ := v.(int64)
	return n
}

func id(d *value.Dict, key string) uint32 {
	if n := number(d, key); n > 0 && n <= 1<<32-1 {
		return uint32(n)
	}
	return 0
}

func flag(d *value.Dict, key string) bool {
	v, _ := d.Get(key)
	b, _ := v.(bool)
	return b
}
