package transport

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os/exec"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// engine is a container program with docker's command line.
type engine struct {
	name, path, container, image, username string
	spawn                                  SpawnOptions
}

// target gives the argv up to where the program to run follows: "exec" and
// options for a container, another verb for an image. The image's entry point is
// put aside, as it may be any program and not one that runs its arguments.
func (e *engine) target(exec, run string) ([]string, error) {
	if (e.container == "") == (e.image == "") {
		return nil, value.Errorf(value.KindValue, "exactly one of container and image must be given")
	}
	argv := []string{e.path, exec, "--interactive"}
	if e.image != "" {
		argv = []string{e.path, run, "--interactive", "--rm", "--entrypoint="}
	}
	if e.username != "" {
		argv = append(argv, "--user="+e.username)
	}
	if e.image != "" {
		return append(argv, e.image), requireWord("the image's name", e.image)
	}
	return append(argv, e.container), requireWord("the container's name", e.container)
}

// open starts boot in the container. Meanwhile an image may have to be fetched.
func (e *engine) open(ctx context.Context, argv []string) (Link, error) {
	var react React
	if e.image != "" {
		react = func(line []byte, _ bool) ([]byte, error) {
			if tellsOfPull(string(line)) {
				Enter(ctx, PhaseImage, e.image)
			}
			return nil, nil
		}
	}
	return link(Spawn(ctx, e.name, argv, NoTTY, react, e.spawn))
}

// tellsOfPull knows the lines of docker ("5f70bf18a086: Download complete") and of
// podman ("Copying blob 5f70bf18a086 done") that tell that an image comes.
func tellsOfPull(line string) bool {
	layer, what, ok := strings.Cut(line, ": ")
	if ok && len(layer) == 12 && strings.Trim(layer, "0123456789abcdef") == "" {
		line = what
	}
	for _, start := range []string{
		"Pulling", "Waiting", "Downloading", "Download complete", "Verifying Checksum", "Extracting", "Pull complete", "Already exists",
		"Unable to find image", "Digest: ", "Status: Downloaded", "Trying to pull", "Getting image source", "Copying blob", "Copying config", "Writing manifest",
	} {
		if strings.HasPrefix(line, start) || strings.Contains(line, ": Pulling from ") {
			return true
		}
	}
	return false
}

func (e *engine) platform(ctx context.Context) (goos, goarch string, err error) {
	image := e.image
	if image == "" {
		if image, err = e.do(ctx, nil, "inspect", "--format={{.Image}}", e.container); err != nil {
			return "", "", err
		}
	}
	text, err := e.do(ctx, nil, "image", "inspect", "--format={{.Os}}/{{.Architecture}}", image)
	if err != nil {
		return "", "", err
	}
	goos, goarch, ok := strings.Cut(text, "/")
	if !ok {
		return "", "", value.Errorf(value.KindStream, "%s: cannot tell the platform of %s from %q", e.name, image, text)
	}
	return goos, goarch, nil
}

// openBinary needs nothing of the target but room for the file.
func (e *engine) openBinary(ctx context.Context, program []byte, args []string) (Link, error) {
	start, err := e.target("exec", "create")
	if err != nil {
		return nil, err
	}
	file, err := e.fileName(ctx, program)
	if err != nil {
		return nil, err
	}
	start = append(append(start, "/"+file), args...)
	id := e.container
	if e.image != "" {
		if id, err = e.do(ctx, nil, start[1:]...); err != nil {
			return nil, err
		}
		start = []string{e.path, "start", "--attach", "--interactive", id}
	}
	_, err = e.do(ctx, tarball(file, program), "cp", "-", id+":/")
	if err == nil {
		var l Link
		if l, err = link(Spawn(ctx, e.name, start, NoTTY, nil, e.spawn)); err == nil {
			return l, nil
		}
	}
	if e.image != "" { // never started, so that --rm does not apply
		_, _ = e.do(context.WithoutCancel(ctx), nil, "rm", "--force", id)
	}
	return nil, err
}

// fileName is the program's in the container's root folder. In a container that was
// there before, a root removes the file as soon as it runs, which its name tells
// it; others cannot, and it stays, under one name for each program.
func (e *engine) fileName(ctx context.Context, program []byte) (string, error) {
	if e.image == "" {
		user := e.username
		if user == "" {
			var err error
			if user, err = e.do(ctx, nil, "inspect", "--format={{.Config.User}}", e.container); err != nil {
				return "", err
			}
		}
		if name, _, _ := strings.Cut(user, ":"); name == "" || name == "root" || name == "0" {
			return ".x" + rand.Text(), nil
		}
	}
	sum := sha256.Sum256(program)
	return ".mitoscript-" + hex.EncodeToString(sum[:8]), nil
}

// do runs a command of the program, and gives its output without the last newline.
func (e *engine) do(ctx context.Context, stdin []byte, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, e.path, args...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stdin), &stderr
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return "", value.AsError(context.Cause(ctx))
	}
	if err != nil && cmd.ProcessState == nil {
		return "", startError(cmd.Args, err)
	}
	if err != nil {
		return "", value.Errorf(value.KindStream, "%s: %s %s: %w: %s",
			e.name, e.path, args[0], exitError(cmd.ProcessState, err), escape(bytes.TrimSpace(lastLines(stderr.Bytes()))))
	}
	return strings.TrimSpace(string(out)), nil
}

// tarball is an archive (ustar) of one executable file that root owns.
func tarball(name string, data []byte) []byte {
	const block = 512
	head := make([]byte, block, 4*block+len(data))
	copy(head, name)
	copy(head[100:], "0000755\x000000000\x000000000\x00")
	copy(head[124:], fmt.Sprintf("%011o\x00%011o\x00", len(data), 0))
	copy(head[148:], "        0") // the sum counts itself as spaces; "0" is a plain file
	copy(head[257:], "ustar\x0000")
	sum := 0
	for _, c := range head {
		sum += int(c)
	}
	copy(head[148:], fmt.Sprintf("%06o\x00 ", sum))
	out := append(head, data...)
	if n := len(data) % block; n > 0 {
		out = append(out, make([]byte, block-n)...)
	}
	return append(out, make([]byte, 2*block)...)
}
