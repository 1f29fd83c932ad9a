# From nothing but Python >= 3.11 and make. `make demo` shows what synthfib does, `make test` checks all of it.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint types format clean

demo: .venv/.ready-to-train
	$(BIN)/synthfib demo --out demo

test: lint types
	$(BIN)/pytest -q

lint: .venv/.ready-to-develop
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo

types: .venv/.ready-to-develop
	$(BIN)/mypy
	$(BIN)/basedpyright

format: .venv/.ready-to-develop
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf .venv demo dist

.venv/.ready-to-train: pyproject.toml constraints.txt hatch_build.py | .venv/bin/pip
	$(INSTALL) -e '.[train]'
	@touch $@

.venv/.ready-to-develop: pyproject.toml constraints.txt hatch_build.py | .venv/bin/pip
	$(INSTALL) -e '.[train,dev]'
	@touch $@ .venv/.ready-to-train

# Debian ships venv without pip unless python3-venv is installed: then any virtualenv or pip of the system will do.
.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Python 3.11 or newer is required, got $$($(PYTHON) --version 2>&1 || true); name one with: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 \
	|| $(PYTHON) -m virtualenv --quiet --clear .venv 2>/dev/null \
	|| { $(PYTHON) -m venv --clear --without-pip .venv && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; } 2>/dev/null \
	|| { rm -rf .venv; echo "This Python can make no virtual environment with pip; install Debian's package: sudo apt install python3-venv" >&2; exit 1; }
