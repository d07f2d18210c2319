# `make demo` opens JupyterLab on the quickstart; `make test` runs every check and test. Both do all their set-up.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
LAB_ARGS ?=
# In a container one often is root, and JupyterLab wants to be told that this is meant.
ALLOW_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

# Looked for when a recipe runs: it may have been installed since make began.
WITH_CHROMIUM = CHROMIUM=$$(command -v $(or $(CHROMIUM),chromium) || command -v chromium-browser || command -v google-chrome)

# The output of what runs at the same time, one after the other, where make can.
EACH_BY_ITSELF := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

STATIC := jupyter_chat_sessions/static/chat.js
FRONT_END := $(shell find labextension/src -type f) labextension/build.mjs

.PHONY: demo test lint build python-tests server-tests frontend-tests browser-tests packaging-tests test-apps test-matrix \
	test-matrix-short test-database test-semantic-kernel chaos chaos-short state-machine endurance damaged-databases tools chromium clean bench bench-import bench-promises

demo: $(VENV)/.ready $(STATIC)
	$(BIN)/jupyter lab $(ALLOW_ROOT) $(LAB_ARGS) notebooks/01_quickstart.ipynb

# One after the other, so that each part's counts stand together; but for the first, which keep one core busy each.
test:
	$(MAKE) -j2 $(EACH_BY_ITSELF) lint frontend-tests packaging-tests
	$(MAKE) python-tests
	$(MAKE) server-tests
	$(MAKE) test-matrix-short
	$(MAKE) chaos-short
	$(MAKE) browser-tests

lint: $(VENV)/.ready $(STATIC)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd labextension && npm run --silent typecheck && npm run --silent lint

build: $(STATIC)

python-tests: $(VENV)/.ready $(STATIC)
	@echo "== Python"
	$(PYTEST) -n 2 --dist loadfile tests --ignore=tests/hub/server --ignore=tests/e2e --ignore=tests/packaging --ignore=tests/matrix \
		--ignore=tests/notebook --ignore=tests/chaos --ignore=tests/with_semantic_kernel

# pytest-jupyter takes over async tests, so it is loaded for these alone.
server-tests: $(VENV)/.ready $(STATIC)
	@echo "== Python: the Jupyter server"
	$(PYTEST) -n 2 -p pytest_jupyter.jupyter_server tests/hub/server

# The apps of tests/apps by themselves, all three ways: with a scripted viewer, under Chainlit, and on the page. `make test`
# has them, too.
test-apps: $(VENV)/.ready $(STATIC) chromium
	@echo "== Apps written for Chainlit"
	$(PYTEST) tests/three_ways
	$(WITH_CHROMIUM) $(PYTEST) tests/e2e/test_apps.py

packaging-tests: $(VENV)/.ready $(STATIC)
	@echo "== Python: the wheel"
	$(PYTEST) tests/packaging

frontend-tests: $(STATIC)
	@echo "== TypeScript"
	cd labextension && npm test --silent && npm run --silent size

browser-tests: $(VENV)/.ready $(STATIC) chromium
	@echo "== Browser"
	$(WITH_CHROMIUM) $(PYTEST) -n 2 --dist loadfile tests/e2e

# Every ipykernel and every Python that can be had.
test-matrix: $(VENV)/.ready $(STATIC)
	$(BIN)/python tests/matrix/run.py

# What needs a kernel (tests/notebook), with the oldest and the newest ipykernel, on this Python.
test-matrix-short: $(VENV)/.ready $(STATIC)
	@echo "== Python: the oldest and the newest ipykernel"
	$(BIN)/python tests/matrix/run.py --short

# Every fault of the matrix, and a short load with random faults, checked for what was lost, doubled, crossed ...
chaos-short: $(VENV)/.ready $(STATIC) chromium
	@echo "== Python: chaos"
	$(WITH_CHROMIUM) $(PYTEST) -n 2 --dist loadfile tests/chaos
	$(BIN)/python -m tests.chaos.run --messages 10000 --sessions 100

# Every fault in its full length, and the long runs, with the figures that docs/reliability.md is made of.
chaos: $(VENV)/.ready $(STATIC) chromium
	CHAOS=full $(WITH_CHROMIUM) $(PYTEST) tests/chaos --timeout=1800
	$(BIN)/python -m tests.chaos.run --messages 1000000 --sessions 500 --tokens 210 --kill-server 20 --kill-kernel 20 \
		--seed 1 --report docs/reliability.md --title "A million messages"
	$(BIN)/python -m tests.chaos.run --messages 100000 --sessions 500 --tokens 200 --kill-server 200 --kill-kernel 200 \
		--seed 2 --report docs/reliability.md --title "Four hundred kills"

# The store's tests at a database server as well, whose chat tables they empty: make test-database \
# DATABASE_URL=postgresql+psycopg://…
test-database: $(VENV)/.ready
	$(BIN)/uv pip install --quiet --python $(BIN)/python 'psycopg[binary]'
	CHAT_TEST_DATABASE_URL=$(DATABASE_URL) $(PYTEST) tests/hub/store/test_store.py

# The life of sessions at random, 50,000 steps of it.
state-machine: $(VENV)/.ready
	$(BIN)/python -m tests.hub.core.test_session_machine 50000

# Five hundred databases, each damaged in another way: what a viewer would read of them.
damaged-databases: $(VENV)/.ready
	$(BIN)/python -m tests.hub.store.damage 500

# Ten thousand sessions, one after the other: what memory they leave taken.
endurance: $(VENV)/.ready $(STATIC)
	$(BIN)/python -m tests.chaos.endurance --sessions 10000

# How soon a page is whole after a cut, and a message acknowledged.
bench-promises: $(VENV)/.ready $(STATIC) chromium
	$(BIN)/python -m tests.benchmarks.after_a_cut
	$(BIN)/python -m tests.benchmarks.acknowledgement

# Ours beside Chainlit and a bare relay, in one run; writes docs/benchmarks.md.
bench: $(VENV)/.ready $(STATIC) chromium
	$(BIN)/python -m tests.benchmarks.bench --report docs/benchmarks.md
	$(WITH_CHROMIUM) $(BIN)/python -m tests.benchmarks.pages --report docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks.curves --report docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks.import_time --report docs/benchmarks.md

# Half a gigabyte, so it has an environment of its own, and another beside Chainlit; its app runs all three ways.
test-semantic-kernel: $(VENV)/.ready $(STATIC) chromium
	$(PYTHON) -m venv .venv-semantic-kernel
	$(BIN)/uv pip install --quiet --python .venv-semantic-kernel/bin/python -e ".[semantic-kernel]" \
		hypothesis playwright pytest pytest-timeout uv
	.venv-semantic-kernel/bin/python -m pytest tests/with_semantic_kernel
	CHAT_TEST_APPS=large $(WITH_CHROMIUM) .venv-semantic-kernel/bin/python -m pytest tests/three_ways tests/e2e/test_apps.py

bench-import: $(VENV)/.ready
	$(BIN)/python -m tests.benchmarks.import_time

tools:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@command -v npm >/dev/null || { echo "Node 20 or newer with npm is needed; install it, then try again."; exit 1; }

chromium:
	@if [ -z "$(CHROMIUM)" ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -y -qq chromium; \
		else \
			echo "The browser tests need Chromium: install it, or name it: make CHROMIUM=/path/to/chromium browser-tests"; \
			exit 1; \
		fi; \
	fi

labextension/node_modules/.ready: labextension/package-lock.json | tools
	cd labextension && npm ci --no-audit --no-fund
	@touch $@

$(STATIC): labextension/node_modules/.ready $(FRONT_END)
	cd labextension && npm run --silent build

# uv is many times faster; where it cannot reach the packages (pip has settings of its own), pip does it.
$(VENV)/.ready: pyproject.toml | tools $(STATIC)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python -e ".[dev]" || $(BIN)/python -m pip install --quiet -e ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) .venv-matrix .venv-semantic-kernel .venv-chainlit .venv-chainlit-semantic-kernel labextension/node_modules jupyter_chat_sessions/static dist build test-results
