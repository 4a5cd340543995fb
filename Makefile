# Needs Python 3.11 or 3.12, make, and a package registry. `make demo` and `make test` set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := cpu.lock
export RAY_USAGE_STATS_ENABLED := 0
export VLLM_NO_USAGE_STATS := 1
export DO_NOT_TRACK := 1
export HF_HUB_DISABLE_TELEMETRY := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: demo serve test test-thorough lint bench lock setup clean

demo: setup  ## Screen a sample archive through Ray and vLLM
	$(BIN)/python jobs/demo.py

serve: setup  ## The endpoint and its page on http://127.0.0.1:8000
	$(BIN)/serve run serve.app:app

# Two at a time, a thread each: half of what the tests wait for is one core importing torch, Ray and vLLM.
# In the order in which they stand: the jobs, which take longest, first. Ray's workers would give way to all else.
PYTEST := OMP_NUM_THREADS=1 RAY_worker_niceness=0 $(BIN)/python -m pytest --numprocesses 2 --no-loadscope-reorder

test: lint  ## Lint, type checks and tests
	$(PYTEST) -m "not thorough"

test-thorough: setup  ## The rest of the tests: what is killed, disks that are full, trainings again and again
	$(PYTEST) -m thorough

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup  ## Images/s of the pipeline, of vLLM alone and of transformers
	$(BIN)/python jobs/bench.py

setup: $(VENV)/.installed

# torch comes first, with what its build needs; the rest from the full lock, without dependencies:
# pip cannot leave torchvision out, whose CUDA wheels break a CPU torch. uv is only the faster installer.
# Only wheels are taken, but for rouge-score, which comes as (pure) source alone. Their bytecode is made here:
# where PYTHONDONTWRITEBYTECODE is set, as in many containers, each process would compile vLLM and Ray anew.
$(VENV)/.installed: $(LOCK) pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check "$$(grep '^torch==' $(LOCK))" "$$(grep '^uv==' $(LOCK))"
	grep -v '^rouge-score==' $(LOCK) | PYC_INVALIDATION_MODE=TIMESTAMP VIRTUAL_ENV=$(VENV) \
	  $(BIN)/uv pip install --quiet --no-deps --no-build --compile-bytecode --requirement -
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation "$$(grep '^rouge-score==' $(LOCK))"
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

lock:  ## Resolve pyproject.toml anew into the lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip compile pyproject.toml --extra cpu --extra dev --python-version 3.11 \
	  --find-links "$${PIP_FIND_LINKS:-.}" --no-header --no-annotate --quiet --upgrade | sed 's/+cpu$$//' > $(LOCK)

clean:
	rm -rf $(VENV) demo runs
