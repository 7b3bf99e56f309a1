# mitoscript: `make demo` shows it work, `make test` passes the tests.

PLATFORMS ?= linux-amd64 linux-arm64 linux-armv7 linux-386 linux-riscv64 darwin-amd64 darwin-arm64 freebsd-amd64
BIN       ?= bin
# The child's budget: 4.5 MB, gzip.
BUDGET    ?= 4718592

HOST       := $(shell go env GOOS)-$(shell go env GOARCH)
# Parent and child must be the same build: its name is a hash of the sources.
BUILD      := $(shell find . -name '*.go' -o -name '*.sh' -o -name go.mod -o -name go.sum | LC_ALL=C sort | xargs cat | sha256sum | cut -c1-16)
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
LDFLAGS     = -s -w -X main.build=$(BUILD) -X main.version=$(VERSION)
GOBUILD     = CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)'
# The child is compiled without inlining, for its size, but for what runs all the time.
FAST        = runtime internal/runtime/... internal/bytealg internal/abi sync sync/atomic internal/sync unicode/utf8 \
              strconv internal/strconv encoding/binary internal/byteorder go.starlark.net/starlark github.com/yuin/gopher-lua
CHILDFLAGS  = -tags child -gcflags=all=-l $(FAST:%=-gcflags=%=)
# Without the relocations of a position-independent program, 72 KB smaller.
CHILDFLAGS_darwin-amd64 = -buildmode=exe
system      = $(word 1,$(subst -, ,$1))
arch        = $(word 2,$(subst -, ,$1))
goenv       = GOOS=$(call system,$1) $(if $(filter armv%,$(call arch,$1)),GOARCH=arm GOARM=$(patsubst armv%,%,$(call arch,$1)),GOARCH=$(call arch,$1))
mkbundle    = go run ./mitogen/bootstrap/mkbundle $(BIN)/bundle $(BUILD) $(foreach p,$1,$p=$(BIN)/child/$p)

.PHONY: all build bundle size demo docs test simulate check fuzz bench bench-peers bench-scale soak clean FORCE

all: build

## build: the program and the child for this machine's platform
build: $(BIN)/child/$(HOST)
	$(GOBUILD) -o $(BIN)/mitoscript ./cmd/mitoscript
	$(call mkbundle,$(HOST))

## bundle: the children of all platforms
bundle: $(PLATFORMS:%=$(BIN)/child/%)
	$(GOBUILD) -o $(BIN)/mitoscript ./cmd/mitoscript
	$(call mkbundle,$(PLATFORMS))

$(BIN)/child/%: FORCE
	$(call goenv,$*) $(GOBUILD) $(CHILDFLAGS) $(CHILDFLAGS_$*) -o $@ ./cmd/mitoscript

## size: the children's sizes; fails over the budget
size: bundle
	awk 'NF==4 { printf "%-16s %9d raw %9d gzip\n",$$1,$$3,$$4; if ($$4>$(BUDGET)) { print $$1 " is over the budget of $(BUDGET)"; bad=1 } } END { exit bad }' $(BIN)/bundle/manifest

## demo: ships functions to contexts on this machine
demo: build
	$(BIN)/mitoscript run scripts/examples/hello.star
	$(BIN)/mitoscript run scripts/examples/hello.lua

## docs: writes docs/reference
docs: build
	$(BIN)/mitoscript doc --pages docs/reference

## test: all tests; says what it skips and why
test: build
	.ci/tools
	go test -race -count=1 ./...

## simulate: routers in memory through schedules of faults; a seed that fails is printed
SCHEDULES ?= 100000
simulate:
	GOGC=400 MITOSCRIPT_SIMULATION_SCHEDULES=$(SCHEDULES) go test -count=1 -cpu=1 -timeout=60m -v -run=TestSchedules ./mitogen/simulation

## check: formatting, vet, staticcheck, dependencies, all platforms
check:
	@test -z "$$(gofmt -l . )" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	go vet ./...
	go vet -tags child ./cmd/mitoscript
	go tool staticcheck ./...
	go mod tidy -diff
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 go vet ./...
	CGO_ENABLED=0 GOOS=freebsd GOARCH=amd64 go vet ./...

## fuzz: every decoder for 30 seconds, or FUZZTIME
FUZZTIME ?= 30s
fuzz:
	@for t in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$t/*_test.go | cut -c6-); do \
	    go test -run=NONE -fuzz="^$$f\$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=1s $$t || exit 1; done; done

## bench: the figures of bench/README.md
bench: build
	go test -run=NONE -bench=. -benchmem ./mitogen/... ./interp/...
	go test -run=NONE -bench='Pipe|Call' -benchtime=10000x ./bench
	go test -run=NONE -bench='Start|FirstResult' -benchtime=31x ./bench
	go test -run=NONE -bench='^BenchmarkSSH$$' -benchtime=15x ./bench
	go test -run=NONE -bench='Fleet|Wire' -benchtime=3x ./bench
	go test -run=NONE -bench=Copy -benchtime=3x ./bench
	go test -run=NONE -bench=FakeSSH -benchtime=3x ./bench
	go test -run=NONE -bench=Memory -benchtime=1x ./bench
	go test -run=NONE -bench=Bulk -benchtime=1x -timeout=30m ./bench

## bench-peers: docs/benchmarks.md, the same work by Python mitogen and other tools
bench-peers: build
	bench/peers/tools
	go run ./bench/peers

## bench-scale: docs/scale.md, what many contexts, calls and messages cost
bench-scale: build
	go run ./bench/scale

## soak: ten minutes, or SOAK, of links and processes that fail
SOAK ?= 10m
soak:
	MITOSCRIPT_SOAK=$(SOAK) go test -count=1 -timeout=120m -v -run=TestUnderFaults ./cmd/mitoscript

clean:
	rm -rf $(BIN)

FORCE:
