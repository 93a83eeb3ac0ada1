# The front door. `make run` and `make test` work on a fresh clone with nothing but Python 3.11+ and pip.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The small matrices of a ranking lose by more threads, and the workers share the cores.
export OPENBLAS_NUM_THREADS = 1

.PHONY: run test lint bench fire screenshots docs clean

run: $(VENV)/.run
	@echo "Starting …"
	@$(BIN)/workbench

# A part (TESTS="tests/store -x") runs as it is.
test: $(VENV)/.test
ifdef TESTS
	@$(BIN)/python -m pytest $(TESTS)
else
	@$(BIN)/python -m tests.turns
endif

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.bench
	@$(BIN)/python -m tests.bench

# 200 × kill -9 over 50 open runs, then the log against the emulators' books. Some minutes.
fire: $(VENV)/.test
	@$(BIN)/python -m tests.fire

screenshots: $(VENV)/.test
	@$(BIN)/python -m tests.e2e.screenshots docs/screenshots

docs: $(VENV)/.test
	@$(BIN)/python -m workbench.cli.reference > docs/cli.md

clean:
	rm -rf $(VENV) build dist artifacts

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "This needs Python 3.11 or newer; found $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --upgrade "pip>=25.1"

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing the workbench (a minute or so, once) …"
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@echo "Installing what the tests need …"
	@$(PIP) install --constraint constraints.txt --group test
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	@$(PIP) install --constraint constraints.txt --group lint
	@touch $@

# The peers live apart: MLflow would pull older libraries into the workbench's own environment.
$(VENV)/.bench: tests/bench/requirements.txt | $(VENV)/.test
	@echo "Installing the peers of the bench …"
	@$(PYTHON) -m venv $(VENV)/peers
	@$(VENV)/peers/bin/python -m pip --disable-pip-version-check --quiet install --requirement tests/bench/requirements.txt
	@touch $@
