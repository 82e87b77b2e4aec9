# Two commands: `make demo` and `make test`. Both set themselves up: Python 3.11 or newer and pip are all they need.
#
#   make demo PYTHON=python3.12   another Python
#   make demo DEMO_LANG=zh        in Chinese

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_LANG ?=

.DEFAULT_GOAL := help
.PHONY: help demo test clean

help:
	@echo 'make demo    upgrade a small fleet on this machine before your eyes, two to three minutes'
	@echo 'make test    run the tests'
	@echo 'make clean   remove .venv, demo-output and caches'
	@echo
	@echo 'PYTHON=python3.12 chooses another Python (3.11 or newer); DEMO_LANG=zh speaks Chinese.'

demo: $(VENV)/.liftlock
	@$(BIN)/python -m demo $(if $(DEMO_LANG),--lang $(DEMO_LANG))

test: $(VENV)/.liftlock-dev
	@$(BIN)/python -m pytest -n 3 --dist worksteal

clean:
	rm -rf $(VENV) demo-output .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'Liftlock needs Python 3.11 or newer, and "$(PYTHON)" is '"$$($(PYTHON) --version 2>/dev/null || echo missing)." >&2; \
	  echo 'Name another one: make $(MAKECMDGOALS) PYTHON=python3.12' >&2; exit 1; }
	@echo 'Setting up $(VENV) (once) …'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo 'Python could not make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }

$(VENV)/.liftlock: $(VENV)/bin/python pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.liftlock-dev: $(VENV)/bin/python pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.liftlock
