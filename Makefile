# The few commands anyone needs. Each installs what it lacks and says so; `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build test test-opensearch check unit end2end bench-store bench-clone bench-ship bench-truth bench-sync
.NOTPARALLEL:

# Outside the checkout, so that a fresh clone builds in seconds. Set it to keep the build elsewhere.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/logyard/target
export PATH := $(HOME)/.cargo/bin:$(PATH)

BINARY := $(CARGO_TARGET_DIR)/release/logyard
# The interface, then the server that holds it. Both halves from one checkout: they agree on their URLs only then.
BUNDLE := cargo run --quiet --release --package bundle
SERVER := cargo build --release --package logyard
# Two tests a core: many wait for a lease, an interval or a process, and none measures how fast it is.
TEST_THREADS := $(shell expr 2 \* $$(nproc))
# What nextest writes about its last run, by .config/nextest.toml.
JUNIT := $(CARGO_TARGET_DIR)/nextest/default/junit.xml
# The tools that `bench-clone` measures beside Logyard.
PEERS := $(HOME)/.cache/logyard/peers

help: ## Says what each command does
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Builds Logyard and starts it on http://127.0.0.1:3000; Ctrl-C stops it
	@.ci/setup build
	@$(BUNDLE)
	@$(SERVER)
	@exec $(BINARY)

build: ## Builds the release binary, interface inside, and prints its path last
	@.ci/setup build
	@$(BUNDLE)
	@$(SERVER)
	@echo $(BINARY)

dist: build ## Packs the release binary for users: a tar and a Debian package
	@.ci/setup dist
	@.ci/dist $(BINARY)

test: ## Everything, unattended: check, unit, release build, packages, browser
	@.ci/setup test
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory unit
	@$(MAKE) --no-print-directory dist
	@$(MAKE) --no-print-directory end2end

check: ## Formatting, lints of server and interface, licences and sources of dependencies, the map of the code
	@.ci/setup check
	cargo fmt --all --check
	cargo clippy --workspace --exclude hydrate --all-targets --features app/ssr -- -D warnings
	cargo clippy --package hydrate --target wasm32-unknown-unknown -- -D warnings
	@.ci/dependencies
	@.ci/structure --check

unit: ## Unit and integration tests, on SQLite and PostgreSQL; names the ten slowest
	@.ci/setup test
	@rm -f $(JUNIT)
	cargo nextest run --workspace --exclude hydrate --features app/ssr --test-threads $(TEST_THREADS) || { .ci/slowest $(JUNIT); exit 1; }
	@.ci/slowest $(JUNIT)
	cargo test --quiet --doc --workspace --exclude hydrate --features app/ssr

test-opensearch: ## The tests that want a real OpenSearch: fetches one from Maven Central, and starts it on loopback
	@.ci/opensearch

end2end: ## The release binary in Chromium; `make build` first
	@.ci/setup test
	cd end2end && LOGYARD=$(BINARY) npm test --silent

bench-store: ## A million jobs and a million runs on both databases: lists, charts, health, first page, claims
	@.ci/setup test
	@$(MAKE) --no-print-directory build
	cargo run --release --package db --example bench
	LOGYARD=$(BINARY) cargo run --release --package logyard --example first_page

bench-clone: ## Clones beside s5cmd, s3sync, rclone and aws: time, CPU, memory, requests; BENCH="near" for one scenario
	@.ci/setup bench
	@$(MAKE) --no-print-directory build
	LOGYARD=$(BINARY) LOGYARD_PEERS=$(PEERS)/bin $(PEERS)/bin/python end2end/bench/clone.py $(BENCH)

bench-ship: ## Log objects to a TCP receiver, beside Node, rsyslog and bare inflate; and to receivers that answer after 1, 20 and 100 ms
	@.ci/setup bench
	@$(MAKE) --no-print-directory build
	cargo build --release --manifest-path end2end/bench/limit/Cargo.toml
	LOGYARD=$(BINARY) LIMIT=$(dir $(BINARY))limit python3 end2end/bench/ship.py
	LOGYARD=$(BINARY) python3 end2end/bench/ship_latency.py

bench-sync: ## Two tables of a million rows in PostgreSQL, brought in step over HTTP, beside reladiff: rounds, bytes, rows read
	@.ci/setup bench
	@$(MAKE) --no-print-directory build
	LOGYARD=$(BINARY) LOGYARD_PEERS=$(PEERS)/bin $(PEERS)/bin/python end2end/bench/sync.py

bench-truth: ## Sixteen ways to fail silently: which outcome and alert show each, and how soon; then five healthy weeks
	@.ci/setup test
	@cargo test --quiet --package engine --test truth -- --nocapture --test-threads 1 | grep -E '^(\||Healthy|test result)'
