# SPDX-License-Identifier: GPL-2.0
#
# What one does with this project.  Each target gets what it needs by itself;
# BASE chooses the kernel (6.12, latest, or the path of a tree).

MAKEFLAGS += --no-print-directory
export BASE CONFIG

.PHONY: help demo demo-containers check check-arch check-races soak bench cover deb fuzz model lint series \
	series-check shell graft clean

help:
	@echo 'make demo             two formats of one event, traced side by side, in a few minutes'
	@echo 'make demo-containers  three containers, each with events that the others can not reach'
	@echo 'make check            all tests on a kernel with all checkers on; SHORT=1 for a first look'
	@echo 'make check-arch       the tests on arm64 and s390x, in QEMU'
	@echo 'make check-races      the races on a kernel that finds data races; SECONDS= of each, 20'
	@echo 'make soak             mixes tests for MINUTES=, 10 if not given, and looks for leaks'
	@echo 'make bench            what it costs, beside the base kernel; RECORD=1 keeps the results'
	@echo 'make cover            which lines of the implementation the tests execute'
	@echo 'make fuzz             fuzzes the parser of descriptions and the interface; SECONDS='
	@echo 'make deb              a kernel package with the configuration of the distribution'
	@echo 'make model            searches a model of the registrations, and of mistakes in it'
	@echo 'make lint             checkpatch, sparse, W=1 and all other checkers on our files'
	@echo 'make series           the change as a patch series, in build/series'
	@echo 'make series-check     applies it to a fresh kernel, and checks every step'
	@echo 'make shell            a root shell on the kernel of the demo'
	@echo 'make graft TREE=...   puts user_events into your own kernel tree, 6.12 or newer'
	@echo 'make clean            removes everything that was downloaded or built'
	@echo
	@echo 'BASE=6.12 (default), BASE=latest or BASE=/path/to/linux chooses the kernel.'

demo:
	@testbed/show/demo

demo-containers:
	@testbed/show/demo-containers

check:
	@testbed/check/all $(if $(SHORT),--short)

check-arch:
	@testbed/check/arch

check-races:
	@testbed/check/races $(or $(SECONDS),20)

soak:
	@testbed/check/soak $(or $(MINUTES),10)

bench:
	@testbed/measure/bench $(if $(RECORD),--record)

cover:
	@testbed/check/cover

model:
	@testbed/model/run

fuzz:
	@testbed/fuzz/run $(or $(SECONDS),60)

deb:
	@testbed/package/deb

lint:
	@testbed/check/lint

series:
	@testbed/series/make

series-check:
	@testbed/series/check

shell:
	@testbed/run/shell

graft:
	@testbed/get/graft "$(TREE)"

clean:
	@testbed/clean
