package prompt

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func ask(ctx context.Context, a *interp.Args, t Terminal) (value.Value, error) {
	text, err := a.String("text")
	if err != nil {
		return nil, err
	}
	def := a.Value("default")
	question := text + " "
	if def != nil {
		question += "[" + shown(def) + "] "
	}
	for {
		answer, err := t.Ask(ctx, question, false)
		if err != nil {
			return nil, err
		}
		if answer != "" {
			return answer, nil
		}
		if def != nil {
			return def, nil
		}
	}
}

func password(ctx context.Context, a *interp.Args, t Terminal) (value.Value, error) {
	text, err := a.String("text")
	if err != nil {
		return nil, err
	}
	answer, err := t.Ask(ctx, text+" ", true)
	if err != nil {
		return nil, err
	}
	return value.NewSecret(answer)
}

func confirm(ctx context.Context, a *interp.Args, t Terminal) (value.Value, error) {
	text, err := a.String("text")
	if err != nil {
		return nil, err
	}
	def, err := a.Bool("default")
	if err != nil {
		return nil, err
	}
	hint := " [y/N] "
	if def {
		hint = " [Y/n] "
	}
	for {
		answer, err := t.Ask(ctx, text+hint, false)
		if err != nil {
			return nil, err
		}
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "":
			return def, nil
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
	}
}

func choose(ctx context.Context, a *interp.Args, t Terminal) (value.Value, error) {
	text, err := a.String("text")
	if err != nil {
		return nil, err
	}
	options, err := a.List("options")
	if err != nil {
		return nil, err
	}
	if len(options) == 0 {
		return nil, value.Errorf(value.KindValue, "prompt.choose: there are no options")
	}
	var b strings.Builder
	names := make([]string, len(options))
	for i, o := range options {
		names[i] = shown(o)
		fmt.Fprintf(&b, "%3d) %s\n", i+1, names[i])
	}
	fmt.Fprintf(&b, "%s [1-%d] ", text, len(options))
	for {
		answer, err := t.Ask(ctx, b.String(), false)
		if err != nil {
			return nil, err
		}
		answer = strings.TrimSpace(answer)
		if i := slices.Index(names, answer); i >= 0 {
			return options[i], nil
		}
		if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(options) {
			return options[n-1], nil
		}
	}
}

func shown(v value.Value) string {
	if s, ok := v.(string); ok {
		return s
	}
	return interp.Show(v)
}
