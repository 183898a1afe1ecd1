# 一贯 Yiguan: every target installs what it needs first.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo serve test check bench format

help: ## 显示帮助 / show this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("需要 Python 3.11 或更新 / Python 3.11 or newer is needed") if sys.version_info < (3, 11) else None'
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## 在一屏上看一天的演示 / a city day on the one screen (DEMO="--once" stops at its end)
	$(RUN)/yiguan demo $(DEMO)

serve: $(READY) ## 启动服务 / start the service
	$(RUN)/yiguan serve $(SERVE)

test: $(READY) ## 运行测试 / run the tests (TESTS=path narrows them)
	$(RUN)/python -m pytest $(or $(TESTS),-n 2 --dist loadscope --no-loadscope-reorder)

check: $(READY) ## 格式、类型、架构契约 / format, types, contracts
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/deptry app
	cd client && ../$(RUN)/deptry .

bench: $(READY) ## 运行基准测试 / run the benchmarks
	$(RUN)/python -m benchmarks $(BENCH)

format: $(READY) ## 整理格式 / format the code
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .
