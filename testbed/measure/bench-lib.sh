# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Functions that `bench` and `guard` share; sourced after lib.sh.

results=${project:?}/build/bench
program=$results/bench

# What `guard` watches: not what others do alone, and nothing that is measured
# too roughly for ten percent.
watched='^(memory/.*|register/(first|name1024)|unregister/.*|write/(ftrace.*|disabled)'
watched+='|fork/512(-set)?|toggle/.*|status/.*|dynamic/.*|(format|again)/(1024|32768)|groups/.*) '

# Nothing inline: `profile` looks for where a measurement starts and stops
build_bench()
{
	mkdir -p "$results"
	need gcc=gcc /usr/include/stdio.h=libc6-dev \
		/usr/include/x86_64-linux-gnu/sys/sdt.h=systemtap-sdt-dev
	gcc -O2 -fno-inline -Wall -static -I"$project/include/uapi" -o "$program" \
		"$project/testbed/measure/bench.c" >&2 ||
		die "bench.c did not build: see above"
}

# build_lttng: the program for a row of its own, which is left out without it
build_lttng()
{
	need lttng=lttng-tools \
		/usr/include/x86_64-linux-gnu/lttng/tracepoint.h=liblttng-ust-dev
	gcc -O2 -Wall -I"$project/testbed/measure" -o "$program-lttng" \
		"$project/testbed/measure/bench-lttng.c" -llttng-ust -ldl >&2 ||
		die "bench-lttng.c did not build: see above"
}

# run_bench DIR CONFIG ARGUMENTS: the program's output becomes DIR/values
run_bench()
{
	# shellcheck disable=SC2016 # the guest's variable
	GUEST_OUT=$1 "$project/testbed/run/guest" "$2" \
		bash -c '"$@" >/out/values' bench "$program" "${@:3}" >&2
}

compiler()
{
	gcc --version | head -n 1
}

# conditions: what counts can be compared under
conditions()
{
	printf '# %s, Linux %s\n' "$(compiler)" \
		"$(kernel_version "$("$project/testbed/get/base")")"
}

# write_counts VALUES
write_counts()
{
	conditions
	grep -E "$watched" "$1"
}
