# Every target sets up by itself what it needs; `make` alone tells what there is.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
STAMP := .venv/.installed
JUDGES := .venv/.judges
TEST := $(BIN)/python -m pytest
COVERAGE := --cov --cov-report=term:skip-covered --cov-fail-under=90
# More than cores: most tests wait for something half of their time.
WORKERS ?= 4
SIDE_BY_SIDE := -n $(WORKERS) --dist worksteal
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

.DEFAULT_GOAL := help
.PHONY: help demo test lint docs bench wheel faults judge clean

help:
	@echo "make demo     try it: emulated platforms, a ready tenant, a first card (Ctrl-C ends it)"
	@echo "make test     every test but the slow ones (COVER=1 tells what they reach)"
	@echo "make lint     ruff, mypy, import-linter"
	@echo "make docs     write the generated reference pages anew"
	@echo "make faults   slow fault tests"
	@echo "make judge    the vendors' own clients against our emulators"
	@echo "make bench    measure, against limits measured in the same run"
	@echo "make wheel    build the wheel into dist/"
	@echo "make clean    remove what the other targets made, but no data"

$(STAMP): pyproject.toml constraints.txt
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed: apt-get install python3 python3-venv"; exit 1; fi
	@echo "Setting up .venv with $(PYTHON) …"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv || { \
		echo "The venv module is missing: apt-get install python3-venv"; rm -rf .venv; exit 1; }
	@$(PIP) install -c constraints.txt -e '.[test]'
	@touch $@

$(JUDGES): $(STAMP)
	@$(PIP) install -c constraints.txt -e '.[test,judges]'
	@touch $@

demo: $(STAMP)
	@$(BIN)/gateway demo --send

test: $(STAMP)
	@code=0; \
	$(TEST) -m "not faults and not judge" $(SIDE_BY_SIDE) -q $(if $(COVER),$(COVERAGE)) || code=$$?; \
	if ls tests/browser/test_*.py >/dev/null 2>&1 && ! command -v chromium >/dev/null; then \
		echo; echo "!!! NO CHROMIUM: THE BROWSER TESTS DID NOT RUN !!!"; \
		echo "!!! apt-get install chromium fonts-noto-cjk, then make test again !!!"; fi; \
	exit $$code

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: $(STAMP)
	@$(BIN)/python docs/generate.py

faults: $(STAMP)
	@$(TEST) -m "faults and not alone" $(SIDE_BY_SIDE) -q
	@$(TEST) -m "faults and alone" -q

judge: $(JUDGES)
	@$(TEST) -m judge -q

bench: $(STAMP)
	@if ls bench/*.py >/dev/null 2>&1; then $(BIN)/python -m bench; \
		else echo "There is no benchmark yet."; fi

wheel: $(STAMP)
	@$(PIP) install -c constraints.txt build hatchling
	@rm -rf dist
	@$(BIN)/python -m build --wheel --no-isolation >/dev/null
	@ls dist/*.whl

clean:
	@rm -rf .venv dist build htmlcov .coverage* .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache
	@echo "Clean; data/ and demo-data/ are as they were."
