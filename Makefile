# Thin wrappers: Meson builds, scripts/ does the rest. `make help` lists what there is.

PORT ?= 8080
ADMIN_PORT ?= 8081
SUITE ?= all
DATA ?= build/demo-data
BENCH ?=

release := build/release
tests := build/test
sources = $(shell git ls-files --cached --others --exclude-standard 'src/*.[ch]' 'tests/*.[ch]')

.PHONY: all release run run-cluster run-kafka run-rabbitmq run-echo test test-kafka bench lint format clean help

all: release

release: $(release)/build.ninja
	ninja -C $(release)

$(release)/build.ninja:
	scripts/install-dependencies build
	meson setup $(release) --buildtype=release -Db_lto=true -Dtests=false

# ALLIM_* of the caller's environment reach the server as always: settings, keys, secrets.
run:
	scripts/install-dependencies build
	@$(MAKE) --no-print-directory release
	@mkdir -p "$(DATA)"
	@exec $(release)/allim serve --demo --listen 127.0.0.1:$(PORT) \
		--admin-listen 127.0.0.1:$(ADMIN_PORT) --data "$(DATA)"

# As a script of its own says: CLUSTER, PORT, NODES, METHOD, FEED.
run-cluster:
	scripts/install-dependencies build cluster
	@$(MAKE) --no-print-directory release
	@PORT=$(PORT) exec scripts/run-cluster $(release)/allim

# As scripts/run-queue says: QUEUE_DATA, PORT.
run-kafka run-rabbitmq:
	scripts/install-dependencies build cluster $(@:run-%=%)
	@$(MAKE) --no-print-directory release
	@PORT=$(PORT) exec scripts/run-queue $(@:run-%=%) $(release)/allim

# For suites that test WebSocket servers: CONTRIBUTING.md.
run-echo: $(tests)/build.ninja
	ninja -C $(tests) tests/conformance/websocket/allim-echo
	@mkdir -p $(tests)/echo-data
	@echo "the echo: ws://127.0.0.1:$(PORT)/v1/inbox/socket"
	@exec $(tests)/tests/conformance/websocket/allim-echo serve --demo --listen 127.0.0.1:$(PORT) \
		--admin-listen 127.0.0.1:$(ADMIN_PORT) --data $(tests)/echo-data --websocket-compression \
		--websocket-message-bytes 4MiB --limits-requests-per-minute 0

test: $(tests)/build.ninja
	@scripts/install-dependencies build test
	@scripts/run-tests $(tests) $(SUITE)

$(tests)/build.ninja:
	scripts/install-dependencies build test
	meson setup $(tests) --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false

test-kafka:
	@scripts/install-dependencies kafka
	@$(MAKE) --no-print-directory test SUITE=kafka

bench:
	scripts/install-dependencies build bench
	@$(MAKE) --no-print-directory release
	scripts/run-bench $(release) $(BENCH)

lint: release
	scripts/install-dependencies lint
	scripts/lint $(release)

format:
	scripts/install-dependencies lint
	clang-format-14 -i $(sources)

clean:
	rm -rf build

help:
	@echo "make            build the release binary, $(release)/allim"
	@echo "make run        build and start the demo (PORT=8080 ADMIN_PORT=8081 DATA=build/demo-data)"
	@echo "make run-cluster  the same on three nodes, with PostgreSQL, Redis and haproxy (NODES=3 METHOD=sse-redis)"
	@echo "make run-kafka, make run-rabbitmq  two nodes, with a queue that a worker publishes from (PORT=8080)"
	@echo "make run-echo   a WebSocket that echoes, for conformance suites (PORT=8080)"
	@echo "make test       run all tests under sanitizers (SUITE=unit, fuzz, thread, integration/stream, ...)"
	@echo "make test-kafka   what concerns Kafka against a real one, from Maven Central"
	@echo "make bench      measure beside yardsticks and write build/bench.json (BENCH=\"--only poll\")"
	@echo "make lint       clang-tidy, cppcheck, layers, formatting"
	@echo "make format     format all C sources"
	@echo "make clean      remove build/"
