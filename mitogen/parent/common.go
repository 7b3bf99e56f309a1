package parent

import (
	"context"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// common are the parameters that every method has.
type common struct {
	name       string
	remoteName string
	binaryPath string
	debug      bool
	profiling  bool
	timeout    time.Duration
	oneWay     *bool
	cache      bool
}

// splitCommon takes the common parameters out of opts.
func splitCommon(opts *value.Dict) (*common, *value.Dict, error) {
	c := &common{timeout: DefaultConnectTimeout, cache: true, remoteName: RemoteName()}
	rest := value.NewDict(opts.Len())
	for _, it := range opts.Items() {
		key, _ := it.Key.(string)
		known, err := c.take(key, it.Value)
		if err != nil {
			return nil, nil, err
		}
		if !known {
			rest.Append(it.Key, it.Value)
		}
	}
	return c, rest, nil
}

// take reads one parameter; None leaves the default.
func (c *common) take(key string, v value.Value) (known bool, err error) {
	o := Opt{key, v}
	switch key {
	case "name":
		c.name, err = o.Text()
	case "remote_name":
		err = c.takeRemoteName(o)
	case "binary_path":
		c.binaryPath, err = o.Text()
	case "debug":
		c.debug, err = o.Bool(false)
	case "profiling":
		c.profiling, err = o.Bool(false)
	case "connect_timeout":
		c.timeout, err = o.Seconds(DefaultConnectTimeout)
	case "cache":
		c.cache, err = o.Bool(true)
	case "unidirectional":
		if v != nil {
			var on bool
			on, err = o.Bool(false)
			c.oneWay = &on
		}
	default:
		return false, nil
	}
	return true, err
}

func (c *common) takeRemoteName(o Opt) error {
	s, err := o.Text()
	if err != nil || s == "" {
		return err
	}
	if strings.ContainsAny(s, `/\`) {
		return value.Errorf(value.KindValue, "remote_name %q may not contain slashes", s)
	}
	c.remoteName = plain(s)
	return nil
}

// transport makes the method's transport.
func (c *common) transport(ctx context.Context, f *Factory, m Method, opts *value.Dict) (transport.Transport, error) {
	return m.New(ctx, f, opts)
}

// Opt is one parameter as a script gave it. None stands for the default.
type Opt struct {
	Name  string
	Value value.Value
}

func (o Opt) bad(want string) error {
	return value.Errorf(value.KindError, "%s: want %s, got %s", o.Name, want, value.TypeName(o.Value))
}

// Text is a string, "" by default.
func (o Opt) Text() (string, error) {
	switch v := o.Value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	}
	return "", o.bad("string")
}

// Secret is text that is not shown.
func (o Opt) Secret() (value.Secret, error) {
	switch v := o.Value.(type) {
	case nil:
		return value.Secret{}, nil
	case value.Secret:
		return v, nil
	case string:
		return value.NewSecret(v)
	}
	return value.Secret{}, o.bad("string or Secret")
}

// Bool is a boolean.
func (o Opt) Bool(def bool) (bool, error) {
	switch v := o.Value.(type) {
	case nil:
		return def, nil
	case bool:
		return v, nil
	}
	return false, o.bad("bool")
}

// Int is a whole number.
func (o Opt) Int(def int) (int, error) {
	switch v := o.Value.(type) {
	case nil:
		return def, nil
	case int64:
		return int(v), nil
	}
	return 0, o.bad("int")
}

// Seconds is a span; 0 or less is a ValueError.
func (o Opt) Seconds(def time.Duration) (time.Duration, error) {
	var d time.Duration
	switch v := o.Value.(type) {
	case nil:
		return def, nil
	case int64:
		d = time.Duration(v) * time.Second
	case float64:
		d = value.Seconds(v)
	case time.Duration:
		d = v
	default:
		return 0, o.bad("seconds")
	}
	if d <= 0 {
		return 0, value.Errorf(value.KindValue, "%s: %s is not a time to wait", o.Name, d)
	}
	return d, nil
}

// Strings is a list of text.
func (o Opt) Strings() ([]string, error) {
	var items []value.Value
	switch v := o.Value.(type) {
	case nil:
	case value.List:
		items = v
	case value.Tuple:
		items = v
	default:
		return nil, o.bad("list of strings")
	}
	out := make([]string, len(items))
	for i, it := range items {
		s, ok := it.(string)
		if !ok {
			return nil, o.bad("list of strings")
		}
		out[i] = s
	}
	return out, nil
}
