package web

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
	"github.com/mitoscript/mitoscript/stdlib/path"
)

// clients keeps connections open between requests.
type clients struct{ pool pool }

// agent is what we call ourselves to servers.
const agent = "mitoscript"

func (c *clients) request(ctx context.Context, method string, a *interp.Args) (value.Value, error) {
	trust, err := trustOf(a)
	if err != nil {
		return nil, err
	}
	check, err := a.Bool("check")
	if err != nil {
		return nil, err
	}
	m, err := build(method, a)
	if err != nil {
		return nil, err
	}
	ctx, cancel, err := limited(ctx, a, method, m.url)
	if err != nil {
		return nil, err
	}
	defer cancel()
	started := time.Now()
	resp, err := c.do(ctx, m, trust)
	if err != nil {
		return nil, failure(ctx, method, m.url, err)
	}
	defer resp.Close()
	body, err := resp.text(m)
	if err != nil {
		return nil, failure(ctx, method, m.url, err)
	}
	ans := &answer{status: int64(resp.code), headers: readHeaders(resp.header), body: body,
		url: resp.url.String(), seconds: time.Since(started).Seconds()}
	if check && resp.code >= 400 {
		return nil, statusError(method, m.url, resp, ans.body)
	}
	return ans, nil
}

// trustOf reads the argument verify: a bool, or a file of certificates.
func trustOf(a *interp.Args) (tlsOptions, error) {
	switch v := a.Value("verify").(type) {
	case bool:
		return tlsOptions{insecure: !v}, nil
	case string:
		return tlsOptions{authority: path.Home(v)}, nil
	}
	return tlsOptions{}, a.Errorf("argument verify: want bool or the path of a file of certificates, got %s", value.TypeName(a.Value("verify")))
}

// limited puts the argument timeout on ctx.
func limited(ctx context.Context, a *interp.Args, method string, u *url.URL) (context.Context, context.CancelFunc, error) {
	timeout, ok, err := a.Timeout("timeout")
	if err != nil || !ok {
		return ctx, func() {}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout,
		value.Errorf(value.KindTimeout, "cannot %s %s: no complete answer within %s", strings.ToLower(method), u.Redacted(), timeout))
	return ctx, cancel, nil
}

// failure is the end of ctx, or an OSError that names the address.
func failure(ctx context.Context, method string, u *url.URL, err error) error {
	if ctx.Err() != nil {
		return value.AsError(context.Cause(ctx))
	}
	op, where := strings.ToLower(method), u.Redacted()
	shown := where
	var by *proxyError
	if errors.As(err, &by) {
		shown, err = where+" by the proxy "+by.proxy, by.err
	}
	if oserror.Errno(err) != "" {
		return value.AsError(oserror.Wrap(op, shown, err)).With("path", where)
	}
	return value.Errorf(value.KindOS, "cannot %s %s: %w", op, shown, err).
		With("errno", nil).With("path", where).With("op", op)
}

func statusError(method string, u *url.URL, resp *response, body string) error {
	return value.Errorf(value.KindHTTP, "cannot %s %s: the server answered %d %s", strings.ToLower(method), u.Redacted(), resp.code, resp.reason).
		With("status", int64(resp.code)).With("body", body).With("url", u.Redacted())
}

// build makes a request of the arguments.
func build(method string, a *interp.Args) (*message, error) {
	u, err := address(a)
	if err != nil {
		return nil, err
	}
	body, kind, err := content(a)
	if err != nil {
		return nil, err
	}
	m := &message{method: method, url: u, header: textproto.MIMEHeader{}, body: body, unpack: true}
	if kind != "" {
		m.header.Set("Content-Type", kind)
	}
	m.header.Set("User-Agent", agent)
	pairs, err := texts(a, "headers")
	if err != nil {
		return nil, err
	}
	for _, kv := range pairs {
		if err := checkHeader(kv[0], kv[1]); err != nil {
			return nil, err
		}
		m.header.Set(kv[0], kv[1])
	}
	headers, _ := a.Dict("headers") // texts has read it
	for _, it := range headers.Items() {
		name, _ := text(it.Key)
		if holdsSecret(it.Value) {
			m.secret = append(m.secret, name)
		}
	}
	// Who asks for a coding reads it, and a part of a packed body cannot be unpacked.
	m.unpack = m.header.Get("Accept-Encoding") == "" && m.header.Get("Range") == ""
	return m, authorize(m, a)
}

func holdsSecret(v value.Value) bool {
	if list, ok := v.(value.List); ok {
		return slices.ContainsFunc(list, holdsSecret)
	}
	_, ok := v.(value.Secret)
	return ok
}

func address(a *interp.Args) (*url.URL, error) {
	text, err := a.String("url")
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(text)
	if err == nil {
		err = checkAddress(u)
	}
	if err != nil {
		return nil, value.Errorf(value.KindValue, "%q is not an http or https address: %w", withoutPassword(text, u), reason(err))
	}
	if a.Func.Name == "download" {
		return u, nil
	}
	pairs, err := texts(a, "params")
	if err != nil {
		return nil, err
	}
	query := encodePairs(pairs)
	if query != "" && u.RawQuery != "" {
		query = "&" + query
	}
	u.RawQuery += query
	return u, nil
}

// withoutPassword is an address as errors may show it.
func withoutPassword(text string, u *url.URL) string {
	if u != nil && u.User != nil {
		return u.Redacted()
	}
	if at := strings.LastIndexByte(text, '@'); u == nil && at >= 0 {
		return "…" + text[at:] // it could not be read: what is before may be a password
	}
	return text
}

func reason(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// checkAddress refuses what no request can be sent to.
func checkAddress(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("its scheme is %q", u.Scheme)
	}
	host := u.Hostname()
	if host == "" || u.Opaque != "" {
		return errors.New("it names no host")
	}
	for i := range len(host) {
		if host[i] >= utf8.RuneSelf || host[i] <= ' ' {
			return fmt.Errorf("the host name %q is not ASCII: write it in its xn-- form", host)
		}
	}
	return nil
}

func encodePairs(pairs [][2]string) string {
	var parts []string
	for _, kv := range pairs {
		parts = append(parts, url.QueryEscape(kv[0])+"="+url.QueryEscape(kv[1]))
	}
	return strings.Join(parts, "&")
}

// content is the body and its type; nil without one.
func content(a *interp.Args) (body *string, kind string, err error) {
	if a.Value("json") != nil {
		if a.Value("data") != nil {
			return nil, "", a.Errorf("json and data do not go together")
		}
		text, err := json.Encode(a.Value("json"), format.Options{})
		return &text, "application/json", err
	}
	switch a.Value("data").(type) {
	case nil:
		return nil, "", nil
	case *value.Dict:
		pairs, err := texts(a, "data")
		form := encodePairs(pairs)
		return &form, "application/x-www-form-urlencoded", err
	}
	text, err := a.Data("data")
	return &text, "", err
}

func authorize(m *message, a *interp.Args) error {
	if a.Value("auth") == nil {
		return nil
	}
	pair, err := a.List("auth")
	if err != nil || len(pair) != 2 {
		return a.Errorf("argument auth: want (user, password)")
	}
	name, ok1 := text(pair[0])
	password, ok2 := text(pair[1])
	if !ok1 || !ok2 {
		return a.Errorf("argument auth: want text for user and password")
	}
	m.header.Set("Authorization", basicAuth(&url.URL{User: url.UserPassword(name, password)}))
	return nil
}

// texts gives a dict's entries as text; lists stand for several, None for none.
func texts(a *interp.Args, name string) ([][2]string, error) {
	d, err := a.Dict(name)
	if err != nil {
		return nil, err
	}
	var out [][2]string
	for _, it := range d.Items() {
		key, ok := text(it.Key)
		values := value.List{it.Value}
		if list, several := it.Value.(value.List); several {
			values = list
		}
		for _, v := range values {
			s, ok2 := text(v)
			if !ok || (!ok2 && v != nil) {
				return nil, a.Errorf("argument %s[%v]: want text, got %s", name, it.Key, value.TypeName(v))
			}
			if v != nil {
				out = append(out, [2]string{key, s})
			}
		}
	}
	return out, nil
}

func text(v value.Value) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case value.Bytes:
		return string(v), true
	case value.Secret:
		return v.Text(), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return json.Float(v), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}
