package mito

import (
	"context"
	"fmt"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// messageObject is a Message. It is guarded by the script lock.
type messageObject struct {
	rt     *Runtime
	m      *mitogen.Message
	hasDst bool // 0 is the master, not nobody
}

func (o *messageObject) TypeName() string { return "Message" }
func (o *messageObject) Attr(name string) (value.Value, bool) {
	return o.rt.classes.message.get(o, name)
}
func (o *messageObject) AttrNames() []string { return o.rt.classes.message.names() }

func (o *messageObject) Show() string {
	return fmt.Sprintf("Message(%d, %d, %d, %d, %d, %d bytes)",
		o.m.Dst, o.m.Src, o.m.Auth, o.m.Handle, o.m.ReplyTo, len(o.m.Data))
}

// SetAttr sets what scripts may: everything but src_id and auth_id.
func (o *messageObject) SetAttr(ctx context.Context, name string, v value.Value) error {
	if _, isText := v.(string); isText && name == "data" && interp.TellsTextFromBytes(ctx) {
		return value.Errorf(value.KindError, "Message.data: want bytes, got string")
	}
	return o.rt.classes.message.set(o, name, v)
}

// Unpack gives the message and its value, the error value if it is one.
func (o *messageObject) Unpack() ([]value.Value, error) { return []value.Value{o, o.payload()}, nil }

// payload is the message's value; that there is none is an error value.
func (o *messageObject) payload() value.Value {
	v, err := o.m.Payload()
	if err != nil {
		return value.AsError(err)
	}
	return v
}

// message is the object of a message that arrived.
func (rt *Runtime) message(m *mitogen.Message) value.Value {
	return &messageObject{rt: rt, m: m, hasDst: true}
}

// copy is the message to send: a message may be sent often.
func (o *messageObject) copy() *mitogen.Message { return o.m.Clone() }

func messageClass() *class[*messageObject] {
	type self = *messageObject
	return &class[self]{
		name: "Message",
		attrs: []attr[self]{
			{"router", func(o self) value.Value {
				if o.m.Router == nil {
					return nil
				}
				return o.rt.router(o.m.Router)
			}, (*messageObject).setRouter},
			{"receiver", func(o self) value.Value {
				if o.m.Source == nil {
					return nil
				}
				return o.rt.view(o.m.Source)
			}, (*messageObject).setReceiver},
			{"dst_id", func(o self) value.Value {
				if !o.hasDst {
					return nil
				}
				return int64(o.m.Dst)
			}, (*messageObject).setDst},
			{"src_id", func(o self) value.Value { return int64(o.m.Src) }, nil},
			{"auth_id", func(o self) value.Value { return int64(o.m.Auth) }, nil},
			{"handle", func(o self) value.Value { return optional(o.m.Handle) },
				func(o self, v value.Value) (err error) {
					o.m.Handle, err = handleValue("Message.handle", v)
					return err
				}},
			{"reply_to", func(o self) value.Value { return optional(o.m.ReplyTo) },
				func(o self, v value.Value) (err error) {
					o.m.ReplyTo, err = handleValue("Message.reply_to", v)
					return err
				}},
			{"data", func(o self) value.Value { return value.Bytes(o.m.Data) }, (*messageObject).setData},
			{"is_dead", func(o self) value.Value { return o.m.IsDead() }, (*messageObject).setDead},
		},
		methods: []method[self]{
			{interp.Func{Name: "unpickle", Doc: "Returns the value of the data; an error in it is raised.", Spread: true,
				Params: []interp.Param{{Name: "throw", Doc: "False returns an error as a value.", Default: true}}},
				func(_ context.Context, o self, a *interp.Args) (value.Value, error) {
					throw, err := a.Bool("throw")
					if err != nil {
						return nil, err
					}
					if !throw {
						return o.payload(), nil
					}
					return o.m.Decode()
				}},
			{interp.Func{Name: "reply", Doc: "Sends a value, or a ready Message, to whoever waits for an answer; without reply_to nothing is sent.",
				Params: []interp.Param{{Name: "obj", Doc: "Any value that travels, or a Message.", Required: true}}, Keywords: "fields"}, messageReply},
		},
	}
}

func (o *messageObject) setRouter(v value.Value) error {
	ro, ok := v.(*routerObject)
	if !ok && v != nil {
		return value.Errorf(value.KindError, "Message.router: want Router, got %s", value.TypeName(v))
	}
	o.m.Router = nil
	if ok {
		o.m.Router = ro.r
	}
	return nil
}

func (o *messageObject) setReceiver(v value.Value) error {
	src, ok := v.(sourced)
	if !ok && v != nil {
		return value.Errorf(value.KindError, "Message.receiver: want Receiver, got %s", value.TypeName(v))
	}
	o.m.Source = nil
	if ok {
		o.m.Source = src.source()
	}
	return nil
}

func (o *messageObject) setDst(v value.Value) (err error) {
	o.m.Dst, err = handleValue("Message.dst_id", v)
	o.hasDst = err == nil && v != nil
	return err
}

// setDead marks it as dead, or no longer: that is a value of reply_to.
func (o *messageObject) setDead(v value.Value) error {
	dead, err := boolValue("Message.is_dead", v)
	switch {
	case err != nil:
		return err
	case dead:
		o.m.ReplyTo = wire.IsDead
	case o.m.IsDead():
		o.m.ReplyTo = 0
	}
	return nil
}

func (o *messageObject) setData(v value.Value) error {
	switch v := v.(type) {
	case nil:
		o.m.Data = nil
	case value.Bytes:
		o.m.Data = []byte(v)
	case value.Blob:
		o.m.Data = []byte(v)
	case string: // from Lua, where bytes that are valid text are this
		o.m.Data = []byte(v)
	default:
		return value.Errorf(value.KindError, "Message.data: want bytes, got %s", value.TypeName(v))
	}
	return nil
}

// setFields sets the fields given as keywords.
func (o *messageObject) setFields(ctx context.Context, fields []value.Field) error {
	for _, f := range fields {
		if f.Name == "src_id" || f.Name == "auth_id" { // always those of this context
			continue
		}
		if err := o.SetAttr(ctx, f.Name, f.Value); err != nil {
			return err
		}
	}
	return nil
}

// newMessage is a message of this context with the fields that a gives as keywords.
func (rt *Runtime) newMessage(ctx context.Context, m *mitogen.Message, a *interp.Args) (*messageObject, error) {
	if a.Thread != nil {
		ctx = interp.WithCaller(ctx, a.Thread.Interp())
	}
	id := rt.opts.Router.ID()
	m.Src, m.Auth = id, id
	o := &messageObject{rt: rt, m: m}
	return o, o.setFields(ctx, a.Keywords)
}

func messageReply(ctx context.Context, o *messageObject, a *interp.Args) (value.Value, error) {
	if o.m.Router == nil {
		return nil, a.Errorf("a message that was not received cannot be replied to")
	}
	out, err := o.rt.reply(ctx, a)
	if err != nil {
		return nil, err
	}
	ro, m := o.m.Router, out.m
	if !out.hasDst {
		m.Dst = o.m.Src
	}
	if m.Handle == 0 {
		m.Handle = o.m.ReplyTo
	}
	if m.Handle == 0 || m.Handle == wire.IsDead {
		return nil, nil
	}
	a.Unlocked(func() { err = ro.Route(m) })
	return done(err)
}

// reply is the message that answers: a copy of a ready one, or a value's.
func (rt *Runtime) reply(ctx context.Context, a *interp.Args) (*messageObject, error) {
	if ready, ok := a.Value("obj").(*messageObject); ok {
		m := ready.copy()
		m.Handle = 0
		return rt.newMessage(ctx, m, a)
	}
	m, err := mitogen.NewMessageNamed(a.Value("obj"), names(a))
	if err != nil {
		return nil, err
	}
	return rt.newMessage(ctx, m, a)
}

func (rt *Runtime) messageModule() *interp.Module {
	fields := "fields"
	return &interp.Module{
		Name: "Message", Doc: "What is sent from context to context.",
		Call: &interp.Func{Name: "Message", Doc: "Makes a message from its fields.", Keywords: fields, NoTarget: noTarget,
			Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
				o, err := rt.newMessage(ctx, &mitogen.Message{}, a)
				if err != nil {
					return nil, a.Errorf("%v", err)
				}
				return o, nil
			}},
		Funcs: []*interp.Func{{Name: "pickled", Doc: "Makes a message whose data is a value.", Keywords: fields, NoTarget: noTarget,
			Params: []interp.Param{{Name: "obj", Doc: "Any value that travels.", Required: true}},
			Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
				m, err := mitogen.NewMessageNamed(a.Value("obj"), names(a))
				if err != nil {
					return nil, err
				}
				o, err := rt.newMessage(ctx, m, a)
				if err != nil {
					return nil, a.Errorf("%v", err)
				}
				return o, nil
			}}},
	}
}
