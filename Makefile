# make demo    set up, play a sandbox clinic's morning, report, serve the UI and the gateway (ONCE=1: end after the report)
# make test    set up, run the tests
# make lint    formatting, lint and types
# make bench   the benchmarks
# make docs    the generated pages: docs/assets, and the tests' snapshot of the definitions
# make screenshots  pictures of the UI for docs/images, from a demo (needs Chromium: apt-get install chromium)
# make install set up only

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 3000
GATEWAY_PORT ?=

.DEFAULT_GOAL := help
.PHONY: help install demo test lint format bench docs screenshots clean

help:
	@sed -n 's/^# make/make/p' Makefile

$(VENV)/created:
	@echo "==> Creating a virtual environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (make PYTHON=...)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: $(VENV)/created pyproject.toml setup.cfg constraints.txt
	@echo "==> Installing contact_hub and its libraries, pinned by constraints.txt (a minute or two, the first time)"
	@$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "==> Installing what tests, lint and benchmarks need"
	@$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

install: $(VENV)/installed-dev

demo: $(VENV)/installed
	@$(BIN)/contact-hub demo --port $(PORT) $(if $(GATEWAY_PORT),--gateway-port $(GATEWAY_PORT)) $(if $(ONCE),--once)

test: $(VENV)/installed-dev
	@$(BIN)/python -m pytest

lint: $(VENV)/installed-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(VENV)/installed-dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/installed-dev
	@$(BIN)/python -m benchmarks $(ARGS)

docs: $(VENV)/installed-dev
	@$(BIN)/python -m docs_tools.assets
	@$(BIN)/python -m contact_hub_tests.definitions_snapshot

screenshots: $(VENV)/installed
	@command -v chromium chromium-browser >/dev/null || { echo "Chromium is needed: apt-get install chromium"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@$(BIN)/python -m docs_tools.screenshots

clean:
	rm -rf $(VENV) build *.egg-info
