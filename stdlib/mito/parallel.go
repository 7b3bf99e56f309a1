package mito

import (
	"context"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// parallelFuncs are spawn and pmap.
func (rt *Runtime) parallelFuncs() []*interp.Func {
	return []*interp.Func{
		{Name: "spawn", Doc: "Runs a function here, side by side with the rest, and returns a Receiver of its result.", NoTarget: noTarget,
			Params: []interp.Param{{Name: "fn", Doc: "The function.", Required: true}}, Rest: "args", Keywords: "kwargs", HandsOn: true, Here: true,
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				fn, err := callableArg(a)
				if err != nil {
					return nil, err
				}
				rv, err := rt.spawn(rt.opts.Router, fn, a.Rest, a.Keywords)
				if err != nil {
					return nil, err
				}
				return rt.view(rv), nil
			}},
		{Name: "pmap", Doc: "Calls a function in several contexts side by side and returns a list of what became of it.",
			NoTarget: noTarget, Rest: "args", Keywords: "kwargs", HandsOn: true,
			Params: []interp.Param{fnParam(), {Name: "contexts", Doc: "The Contexts.", Required: true},
				{Name: "limit", Doc: "How many at a time; None for all.", KeywordOnly: true},
				{Name: "timeout", Doc: "Seconds for each call; None for no limit.", KeywordOnly: true}},
			Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) { return rt.pmap(ctx, a) }},
	}
}

// job is one call of pmap.
type job struct {
	target  *contextObject
	call    prepared
	value   value.Value
	err     error
	seconds float64
}

func (rt *Runtime) pmap(ctx context.Context, a *interp.Args) (value.Value, error) {
	limit, err := a.Int("limit")
	if err != nil {
		return nil, err
	}
	if a.Value("limit") != nil && limit < 1 {
		return nil, a.Errorf("argument limit: want at least 1, got %d", limit)
	}
	jobs, err := rt.jobs(ctx, a)
	if err != nil {
		return nil, err
	}
	if limit == 0 || limit > int64(len(jobs)) {
		limit = int64(len(jobs))
	}
	a.Unlocked(func() { runJobs(ctx, jobs, int(limit)) })
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	out := make(value.List, len(jobs))
	for i, j := range jobs {
		out[i] = &value.Struct{Name: "result", Fields: []value.Field{
			{Name: "context", Value: j.target.rt.Context(j.target.c)}, {Name: "ok", Value: j.err == nil}, {Name: "value", Value: j.value},
			{Name: "error", Value: errorValue(j.err)}, {Name: "seconds", Value: j.seconds},
		}}
	}
	return out, nil
}

// jobs encodes all calls, so that a mistake is found before anything is sent.
func (rt *Runtime) jobs(ctx context.Context, a *interp.Args) ([]*job, error) {
	timeout, limited, err := a.Timeout("timeout")
	if err != nil {
		return nil, err
	}
	items, err := a.List("contexts")
	if err != nil {
		return nil, err
	}
	fn, err := rt.target(ctx, a, "fn", nil)
	if err != nil {
		return nil, err
	}
	jobs := make([]*job, len(items))
	for i, it := range items {
		c, ok := it.(*contextObject)
		if !ok {
			return nil, a.Errorf("argument contexts[%d]: want Context, got %s", i+a.FirstIndex(), value.TypeName(it))
		}
		if limited {
			c = &contextObject{rt: rt, c: c.c, limit: timeout, limited: true}
		}
		if i == 0 || c.c.Router() != jobs[i-1].target.c.Router() {
			if fn, err = rt.target(ctx, a, "fn", c.c.Router()); err != nil {
				return nil, err
			}
		}
		call, err := c.encode(a, "", fn)
		if err != nil {
			return nil, err
		}
		jobs[i] = &job{target: c, call: call}
	}
	return jobs, nil
}

func runJobs(ctx context.Context, jobs []*job, limit int) {
	var wg sync.WaitGroup
	next := make(chan *job)
	for range limit {
		wg.Go(func() {
			for j := range next {
				j.run(ctx)
			}
		})
	}
	for _, j := range jobs {
		next <- j
	}
	close(next)
	wg.Wait()
}

func (j *job) run(ctx context.Context) {
	started := time.Now()
	ctx, cancel := j.target.deadline(ctx, j.call.name)
	defer cancel()
	j.value, j.err = j.call.do(ctx)
	j.seconds = time.Since(started).Seconds()
}

// constructorFuncs are Router and Broker.
func (rt *Runtime) constructorFuncs() []*interp.Func {
	return []*interp.Func{
		{Name: "Router", Doc: "Makes a further Router: its own ids, its own domain of trust.", NoTarget: noTarget,
			Params: []interp.Param{{Name: "broker", Doc: "The Broker that it belongs to; None for one of its own."}},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				var b *mitogen.Broker
				switch v := a.Value("broker").(type) {
				case nil:
				case *brokerObject:
					b = v.b
				default:
					return nil, a.Errorf("argument broker: want Broker, got %s", value.TypeName(v))
				}
				ro, err := rt.newRouter(a, b)
				if err != nil {
					return nil, err
				}
				return ro, nil
			}},
		{Name: "Broker", Doc: "Makes a further Broker for routers.", NoTarget: noTarget,
			Params: []interp.Param{{Name: "install_watcher", Doc: "Accepted: every Broker ends with the script.", Default: true}},
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				if _, err := a.Bool("install_watcher"); err != nil {
					return nil, err
				}
				return rt.broker(mitogen.NewBroker(rt.log)), nil
			}},
	}
}

func (rt *Runtime) newRouter(a *interp.Args, b *mitogen.Broker) (*routerObject, error) {
	if rt.opts.NewRouter == nil {
		return nil, a.Errorf("this process cannot make further routers")
	}
	r, conn, err := rt.opts.NewRouter(b, rt.Resolve)
	if err != nil {
		return nil, err
	}
	return rt.addRouter(r, conn), nil
}
