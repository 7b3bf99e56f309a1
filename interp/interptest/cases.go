package interptest

import "fmt"

// Cases lists what every language must do.
func Cases() []Case {
	all := valueCases()
	all = append(all, callCases()...)
	all = append(all, shipCases()...)
	return append(all, refCases()...)
}

func valueCases() []Case {
	return []Case{{
		Name: "samples",
		Do:   "record t.sample(NAME), each alone, for null int big wide half text blob secret tuple list set dict, empty dict, empty list, struct time duration error",
		Want: []string{
			"null", "-7", "1208925819614629174706176n", "9007199254740993", "0.5f", `"grün"`, `blob"blob"`, `secret"hunter2"`,
			`(1, "x")`, "[1, []]", `set(1, "a")`, `{"b": 1, "a": [null, 2], 3: true}`, "{}", "[]",
			`stat(size=5, mode="x")`, "2023-11-14T22:13:20.000000005Z", "1m30s", "<OSError: cannot read>",
		},
	}, {
		Name: "match",
		Do:   "record t.take(1), t.take(1, b=5, c=x); then, caught, the messages of t.take(), t.take(1, d=5), t.take(1, 2, 3)",
		Want: []string{
			`"a=1 b=2 c=null"`, `"a=1 b=5 c=\"x\""`,
			`"t.take: missing argument a"`,
			`"t.take: unexpected keyword argument d (it takes a, b, c)"`,
			`"t.take: takes at most 2 positional arguments (3 given)"`,
		},
	}, {
		Name: "objects",
		Do: "p = t.point(1, 2); set p.x to 5; record p.add(3), p.id, p.x; record whether p equals t.point(1, 0) and t.point(2, 0); " +
			"put \"found\" under p in a dict and record what t.point(1, 0) finds; unpack p and record both; record p",
		Want: []string{"8 1 8", "true false", `"found"`, "1 8", "point(1, 8)"},
	}, {
		Name: "iterate",
		Do:   "record the length of t.counter(3), then each of its items; then, caught, the kind with which iterating t.counter(1, broken=True) ends, having recorded its item",
		Want: []string{"3", "0", "1", "2", "0", `"ChannelError"`},
	}, {
		Name: "errors",
		Do:   "catch t.raise(\"OSError\", \"cannot read\"); record kind, message, errno, context; record is_a of Error, OSError, TimeoutError; catch t.panic() and record kind and message",
		Want: []string{`"OSError" "cannot read" "ENOENT" null`, "true true false", fmt.Sprintf(`"Error" "t.panic: internal error: a bug (at %s)"`, bugPlace())},
	}, {
		Name: "uncaught",
		Do:   "record 1, then t.raise(\"ValueError\", \"bad\"), then record 2",
		Want: []string{"1"},
		Err:  "ValueError: bad",
	}}
}

func callCases() []Case {
	return []Case{{
		Name: "call",
		Do:   "record t.call and t.aside of a function that adds its two arguments, with 1 and 2; let t.aside's function append to a list of the script, record the list",
		Want: []string{"3 3", `["aside"]`},
	}, {
		Name: "call_error",
		Do:   "catch t.call of a function that does t.raise(\"ValueError\", \"bad\"), record kind and message; the same with t.aside",
		Want: []string{`"ValueError" "bad"`, `"ValueError" "bad"`},
	}, {
		Name: "limit",
		Do: "catch t.limit of a function that loops for ever, record kind and message; the same of t.wait; the same of a function that catches " +
			"the endless loop itself and then records \"held\": it may not hold it",
		Want: []string{`"TimeoutError" "too slow"`, `"TimeoutError" "too slow"`, `"TimeoutError" "too slow"`},
	}, {
		Name: "describe",
		Do:   "line 1: function plain(a, b) returning null; line 2: function rest(a, and further ones); record t.describe of both; t.mark(rest), record t.describe(rest); record t.same(plain, plain), t.same(plain, rest)",
		Want: []string{
			`"plain describe:1 (a, b) marks 0"`, `"rest describe:2 (a) marks 0"`, `"rest describe:2 (a) marks 1"`, "true false",
		},
	}}
}

func shipCases() []Case {
	return []Case{{
		Name: "ship_plain",
		Do: "record t.remote(f, 2), f(x) being helper(x) + CONFIG[\"add\"], helper doubling x, CONFIG holding 10; record t.remote of an anonymous " +
			"function that returns t.process; record t.remote(t.sub.name)",
		Want: []string{"14", `"web1"`, `"web1"`},
	}, {
		Name: "ship_closure",
		Do: "two closures over one list: add appends its argument, count returns its length; record t.remote of a function that calls add(1), add(2) " +
			"and returns count(); record count() here",
		Want: []string{"2", "0"},
	}, {
		Name: "ship_recursion",
		Do:   "record t.remote of fact with 10, of even (which calls odd, which calls even) with 7, of a local function of a function that calls itself, adding up the numbers to 4",
		Want: []string{"3628800", "false", "10"},
	}, {
		Name: "ship_fresh",
		Do:   "log = []; f appends its argument to log and returns its length; record t.remote(f, 1), t.remote(f, 2), then the length of log here; append one here; record t.remote(f, 3)",
		Want: []string{"1", "1", "0", "2"},
	}, {
		Name: "ship_reassign",
		Do:   "n = 1; f returns n; record t.remote(f); n = 2; record t.remote(f) twice; h returns g(), g returns 1; record t.remote(h); give g another function, which returns 2; record t.remote(h)",
		Want: []string{"1", "2", "2", "1", "2"},
	}, {
		Name: "ship_shared",
		Do: "data = {a: l, b: l} with one list l, and data[\"me\"] = data; a function appends to data[\"me\"][\"a\"] and returns the length of data[\"b\"]; record its t.remote. " +
			"Catch t.remote(f, data): record the beginning of the message up to the first colon",
		Want: []string{"1", `"args[0][\"me\"]"`},
	}, {
		Name: "ship_containers",
		Do:   "handlers = {double: a function, text: the method upper of \"abc\" or a function like it}; record t.remote of a function that returns [handlers.double(4), handlers.text()]",
		Want: []string{`[8, "ABC"]`},
	}, {
		Name: "ship_argument",
		Do:   "record t.remote(apply, double, 4): apply calls its first argument with its second; record t.remote(t.call, double, 5)",
		Want: []string{"8", "10"},
	}, {
		Name: "ship_error",
		Do: "catch t.remote of a function that does t.raise(\"OSError\", \"no\"); record kind, context, cause_kind, cause.message, cause.errno, cause.context; " +
			"catch t.remote of a function that fails with \"broken\" in the language's own way; record cause_kind and cause.message",
		Want: []string{`"CallError" "web1" "OSError" "no" "ENOENT" null`, `"ScriptError" "broken"`},
	}, {
		Name: "ship_onward",
		Do:   "record t.remote of a function that returns t.remote(g, 1) + 1 of a nested function g that adds the script's N (10) to its argument",
		Want: []string{"12"},
	}}
}

func refCases() []Case {
	return []Case{{
		Name: "ship_names",
		Do: "r = router, state = mitogen.state; f counts up state[\"n\"] (from 0) and returns it; record t.remote(f) twice; record state[\"n\"] here (null if " +
			"there is none); record t.remote of a function that returns whether r equals router",
		Want: []string{"1", "2", "null", "true"},
	}, {
		Name: "ship_object",
		Do:   "p = t.point(7, 3); record t.remote of a function that returns p.x + p.add(1); catch t.remote of a function that refers to t.counter(1), record the kind",
		Want: []string{"7", `"Error"`},
	}, {
		Name: "ship_marks",
		Do:   "t.mark(f); record t.remote of a function that returns t.describe(f); f is on line 1 and has the parameter router",
		Want: []string{`"f ship_marks:1 (router) marks 1"`},
	}, {
		Name: "ship_library",
		Do: "load lib/util, which records \"util\" and t.process when it is loaded and loads lib/base, which does the same with \"base\"; util.twice(x) calls " +
			"base's double(x); record t.remote(twice, 4) and t.remote(a function that calls twice(x) + 1, 5); record t.remote(util.make(3)), which returns a closure that returns 3 * util's FACTOR, 7",
		Want: []string{`"base" "master"`, `"util" "master"`, `"base" "web1"`, `"util" "web1"`, "8", "11", "21"},
	}, {
		Name: "ship_refmarks",
		Do:   "load lib/util; t.mark its twice; record t.remote of a function that returns whether t.describe(twice) ends in \"marks 1\"",
		Want: []string{`"base" "master"`, `"util" "master"`, `"base" "web1"`, `"util" "web1"`, "true"},
	}, {
		Name: "ship_refused",
		Do: "CONFIG = {log: t.counter(1)}; helper returns CONFIG[\"log\"]; uptime calls helper; catch t.remote(uptime) and record the message up to \" (\"; " +
			"record whether what follows is the place where CONFIG is defined: \"ship_refused.EXT:LINE)\"",
		Want: []string{`"uptime → helper → CONFIG[\"log\"]: cannot send a Counter"`, "true"},
	}}
}
