# Targets with a line each: make help. Everything that they need beyond Go and
# make, scripts/prepare.sh installs (Debian, as root) or names.

GO ?= go
BIN := bin/gatehouse

# One compilation serves the binary, the linters and the tests without the race
# detector, in whatever directory the clone is: each other set of flags is one more of
# everything. The detector needs cgo.
export GOFLAGS := $(strip $(filter-out -trimpath,$(GOFLAGS)) -trimpath)
export CGO_ENABLED ?= 0

# What is translated from SQLite's C is not looked at by the race detector, under which it
# takes several times as long: the locks that it shares with our code are Go's own, which
# are. make check has vetted.
RACE := CGO_ENABLED=1 $(GO) test -race -gcflags=modernc.org/...=-race=false -vet=off

# The tests of what things cost, which the race detector would change. Each measures its
# own process; those of LINEAR its processor time alone, so that other work may run beside.
LINEAR := $(GO) test -vet=off -run 'TestLinear' \
	./internal/lineartest
COSTS := $(GO) test -vet=off -run 'TestMemory|TestLongWrites|TestLargeDeletions|TestConnIsLinear|TestIdleConnections|TestRequestIsLinear|TestManyThatWait|TestLinesAreLinear' \
	./internal/edge ./internal/pipeline ./internal/control ./internal/gateway ./internal/http1 ./internal/integration ./internal/functions

# The tests of what speaks to sockets, with the code that is shipped: under the race detector
# another stands in its place, which makes the system calls that the detector follows.
SHIPPED := $(GO) test -vet=off -skip 'TestMemory|TestIdleConnections|TestManyThatWait' -run '^Test' \
	./internal/socket ./internal/integration ./internal/gateway

# What runs beside the tests with the race detector takes the processors when they wait: at
# the end cmd/gatehouse's run alone, and leave half of two.
BESIDE := nice -n 19

.PHONY: help run build test race linear tools clients check e2e fuzz soak bench release chart

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

run: build ## start an example backend and serve examples/petstore/openapi.yaml
	@scripts/run-example.sh

build: ## build bin/gatehouse, static
	CGO_ENABLED=0 $(GO) build -ldflags='-s -w' -o $(BIN) ./cmd/gatehouse

test: ## run everything: Go tests with -race, those of costs without, then the end-to-end suite
	scripts/prepare.sh
	$(MAKE) -j 4 --output-sync=line race linear tools clients
	$(COSTS)
	$(MAKE) e2e

race:
	$(RACE) -timeout 15m ./...
linear:
	$(BESIDE) $(LINEAR) -timeout 30m
	$(BESIDE) $(SHIPPED) -timeout 30m
	$(BESIDE) $(COSTS) -exec true >/dev/null
tools:
	$(BESIDE) $(GO) -C tools test -vet=off -timeout 30m ./...
clients:
	$(BESIDE) e2e/setup.sh

check: build ## format, vet, lint, and that generated files are up to date
	scripts/check.sh

e2e: build ## boto3, the aws CLI and the JavaScript SDK against the binary
	scripts/prepare.sh
	e2e/setup.sh
	.cache/e2e/venv/bin/python -m pytest -q -n auto --dist loadfile e2e

fuzz: ## every fuzz target for FUZZTIME, 10s each
	scripts/fuzz.sh

soak: ## the tests that can be long at SOAK times the length of make test, 20, and a minute for every fuzz target: hours
	SOAK=$${SOAK:-20} $(RACE) -count 1 -timeout 6h ./...
	SOAK=$${SOAK:-20} $(LINEAR) -count 1 -timeout 1h
	SOAK=$${SOAK:-20} $(SHIPPED) -count 1 -timeout 1h
	SOAK=$${SOAK:-20} $(COSTS) -count 1 -timeout 1h
	$(GO) -C tools/chart test ./...
	SOAK=$${SOAK:-20} $(GO) -C tools test -count 1 -timeout 1h ./release
	E2E_SERVICES=1 $(MAKE) e2e
	FUZZTIME=$${FUZZTIME:-1m} scripts/fuzz.sh

bench: ## Go benchmarks of the hot paths; docs/performance.md says how to compare
	$(GO) test -run '^$$' -bench . -benchmem ./vtl/... ./internal/...

release: ## archives for six platforms, an OCI image, bills of materials and checksums, in dist
	$(GO) -C tools run ./release -root .. -out $(CURDIR)/dist

chart: ## render the chart of deploy/helm with Helm's engine and keep what comes of it: minutes, the first time
	$(GO) -C tools/chart test . -update
	$(GO) -C tools/chart test ./...
