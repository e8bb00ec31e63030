# Thumbwire. `make help` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The rules of our own code: no warnings, and no import that the manifest does not declare.
STRICT := -Xswiftc -warnings-as-errors --explicit-target-dependency-import-check error
SOURCES := Package.swift Sources Tests Benchmarks webhooks/verify/verify.swift
VENV := .build/venv
BENCH_VENV := .build/bench-venv

.PHONY: help deps test-deps build release lint format check-layers unit interop test demo bench bench-webhooks soak clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | sort | awk -F ':.*?## ' '{ printf "  %-14s %s\n", $$1, $$2 }'

deps: ## Install the system libraries and fonts (Debian 12; sudo only when not root)
	@Scripts/install-packages.sh libmicrohttpd-dev libcurl4-openssl-dev libsqlite3-dev libssl-dev \
		libcairo2-dev libpango1.0-dev libfontconfig-dev libturbojpeg0-dev libpng-dev libwebp-dev liblcms2-dev \
		fonts-inter fonts-bebas-neue fonts-noto-color-emoji fonts-noto-core fonts-noto-cjk \
		pkg-config make curl jq ca-certificates

test-deps: deps ## Install what the tests need besides
	@Scripts/install-packages.sh python3 python3-venv openssl sqlite3 nodejs socat webhook prometheus

build: deps ## Build everything for debugging, warnings as errors
	swift build --build-tests $(STRICT)

release: deps ## Build the service for use
	swift build -c release --product thumbwire

lint: ## Check the formatting (strict)
	swift format lint --strict --recursive $(SOURCES)

format: ## Format the code in place
	swift format --in-place --recursive $(SOURCES)

check-layers: ## Check that dependencies point one way
	python3 Scripts/check-layers.py

# All tests at once would wait for each other longer than real deadlines last, above all on a small machine.
unit: build ## Run the Swift tests, end-to-end tests included
	Scripts/unit-tests.sh --skip-build $(STRICT) --experimental-maximum-parallelization-width 8

interop: build $(VENV)/ready ## Check with other people's libraries, the simulators, and providers under faults
	$(VENV)/bin/python -m pytest -q Tests/interop Tests/simulators || \
		{ [ "$${RERUN_FAILED:-}" = 1 ] && $(VENV)/bin/python -m pytest -q --last-failed Tests/interop Tests/simulators; }
	python3 Tests/soak/providers.py "$$(swift build --show-bin-path)/thumbwire" 30
	python3 Tests/soak/deliveries.py "$$(swift build --show-bin-path)/thumbwire" 5
	python3 Tests/soak/kills.py "$$(swift build --show-bin-path)/thumbwire" 4 1
	python3 Tests/soak/clock_jumps.py "$$(swift build --show-bin-path)/thumbwire" 2 1
	python3 Tests/soak/endurance.py "$$(swift build --show-bin-path)/thumbwire" 1000
	python3 Tests/soak/waiters.py "$$(swift build --show-bin-path)/thumbwire" 200

$(VENV)/ready: Tests/interop/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement Tests/interop/requirements.txt
	touch $@

test: test-deps ## Install what is needed and run every check and test
	$(MAKE) lint check-layers
	$(MAKE) build
	$(MAKE) unit
	$(MAKE) interop

demo: release ## Run a real job and receive its signed webhook; leaves pictures in demo-output
	Scripts/demo.sh "$$(swift build -c release --show-bin-path)/thumbwire"

bench: release $(BENCH_VENV)/ready ## Measure speed beside bare floors and other engines, in one table (BENCH_QUICK=1: 2 minutes)
	@Scripts/install-packages.sh wrk python3 python3-venv
	swift build -c release --product engine-bench
	swift build -c release --product accept-floor
	THUMBWIRE_BENCH_PYTHON=$(BENCH_VENV)/bin/python python3 Scripts/bench.py \
		"$$(swift build -c release --show-bin-path)" $(BENCH_OPTIONS)

# Peers are left out of the table, with a line that says so, where they cannot be installed.
$(BENCH_VENV)/ready: Benchmarks/requirements.txt
	python3 -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/pip install --quiet --disable-pip-version-check --requirement Benchmarks/requirements.txt || true
	touch $@

bench-webhooks: release $(VENV)/ready ## Measure deliveries beside a bare libcurl loop and a sender in Python, in one run
	swift build -c release --product delivery-bench
	"$$(swift build -c release --show-bin-path)/delivery-bench"
	$(VENV)/bin/python Scripts/bench-webhooks.py "$$(swift build -c release --show-bin-path)/thumbwire"

# Jobs that `make soak` sends through one service; 2 million take hours on 2 cores.
ENDURANCE := 2000000

soak: release build test-deps ## Kill the service 400 times under load, jump its clock, fill its disk, and wear it down
	THUMBWIRE_MODEL_RUNS=300 swift test --skip-build $(STRICT) --filter 'ModelTests|CreditHistoryTests'
	python3 Tests/soak/kills.py "$$(swift build -c release --show-bin-path)/thumbwire" 200
	python3 Tests/soak/deliveries.py "$$(swift build -c release --show-bin-path)/thumbwire" 200
	python3 Tests/soak/providers.py "$$(swift build -c release --show-bin-path)/thumbwire" 300
	python3 Tests/soak/clock_jumps.py "$$(swift build -c release --show-bin-path)/thumbwire" 60
	python3 Tests/soak/full_disk.py "$$(swift build -c release --show-bin-path)/thumbwire" 60
	python3 Tests/soak/endurance.py "$$(swift build -c release --show-bin-path)/thumbwire" $(ENDURANCE)
	python3 Tests/soak/waiters.py "$$(swift build -c release --show-bin-path)/thumbwire" 10000

clean: ## Remove what was built
	rm -rf .build demo-output
