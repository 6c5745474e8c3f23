# Two commands to know: `make run` and `make test`. Everything lives in .venv and data/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install install-dev run test check format bench bench-intake soak models wheel lock clean servers

install: $(VENV)/.installed

$(VENV)/bin/pip:
	$(PYTHON) -c 'import sys; sys.exit("mailtriage needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 run" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

install-dev: $(VENV)/.installed-dev

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.lock
	touch $@

run: install  ## the page, a sample mailbox and the classifier, on this machine alone
	$(BIN)/mailtriage demo --data-dir data/demo

servers:  ## Dovecot, Cyrus, Courier, PostgreSQL and Chromium for the tests, where this user may install them
	sh tests/servers/install.sh

test: install-dev servers
	$(BIN)/python -m pytest

check: install-dev  ## what CI runs: format, lint, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) test

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install-dev servers  ## the figures of docs/measurements.md
	$(BIN)/python -m benchmarks.accuracy --cv
	$(BIN)/python -m benchmarks.accuracy --banking77
	$(BIN)/python -m benchmarks.trip

bench-intake: install-dev servers  ## how rightly mail is read, and what one costs from the mailbox to the store
	$(BIN)/python -m benchmarks.decoding
	$(BIN)/python -m benchmarks.new_text
	$(BIN)/python -m benchmarks.screening
	$(BIN)/python -m benchmarks.threads
	$(BIN)/python -m benchmarks.intake --lean --memory 100000

soak: install-dev servers  ## mutated mails, broken connections, and the poller killed at random moments
	$(BIN)/python -m benchmarks.mutations
	$(BIN)/python -m benchmarks.faults
	$(BIN)/python -m benchmarks.kill

models: install  ## the starter models, trained anew from training_data/
	rm -rf models/*/
	$(BIN)/mailtriage starters models

wheel: install-dev
	$(BIN)/python -m build --wheel --no-isolation

lock: install-dev
	sh requirements.sh

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
