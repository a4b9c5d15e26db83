# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Functions and paths that all scripts of the testbed share: to print messages,
# and to install a missing tool.  It is sourced, never run.

# For the scripts that source this file.
# shellcheck disable=SC2034
project=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
jobs=$(nproc)

# What it takes to get, graft and build a kernel, and to boot it.  In one place,
# so that whoever has to install by hand is told once.
kernel_needs=(make=make gcc=gcc bc=bc bison=bison flex=flex ccache=ccache
	perl=perl patch=patch xz=xz-utils /usr/include/libelf.h=libelf-dev
	/usr/include/openssl/ssl.h=libssl-dev /usr/include/stdio.h=libc6-dev)
guest_needs=("${kernel_needs[@]}" qemu-system-x86_64=qemu-system-x86
	setsid=util-linux)
selftests_needs=(make=make gcc=gcc rsync=rsync perl=perl bison=bison flex=flex
	/usr/include/stdio.h=libc6-dev i686-linux-gnu-gcc=gcc-i686-linux-gnu
	/usr/i686-linux-gnu/lib/libc.a=libc6-dev-i386-cross)

# For a guest's command line.  A CPU of the guest that waits long for one of the host is
# not locked up.
guest_watchdogs="watchdog_thresh=60 workqueue.watchdog_thresh=120"
guest_watchdogs+=" rcupdate.rcu_cpu_stall_timeout=120"

# Progress goes to stderr: stdout is for results.
say()
{
	printf '%s\n' "$*" >&2
}

# terminal: rows, columns and kind of this terminal, a line each
terminal()
{
	printf '%s\n' "$(tput lines)" "$(tput cols)" "${TERM:-vt100}"
}

# die SENTENCE: what is wrong and what to do about it.
die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# The XDG specification has a path that is not absolute ignored.
cache=${XDG_CACHE_HOME:-}
[[ $cache == /* ]] || cache=${HOME:-}/.cache
[[ $cache != /.cache ]] ||
	die "there is no place for the cache: set HOME or XDG_CACHE_HOME"
cache+=/user_events
# make and QEMU would take such a path apart.
[[ $cache != *[[:space:]:,\;\#\$%\&\|\'\"\\\(\)]* ]] ||
	die "no kernel can be built in $cache: set XDG_CACHE_HOME to a path without spaces and the like"

# make_cache DIR: a directory of the cache, or a plain sentence.
make_cache()
{
	mkdir -p "$1" 2>/dev/null || true
	[[ -d $1 && -w $1 ]] ||
		die "cannot write to $1: make it writable, or set XDG_CACHE_HOME"
}

# has_one_of CONFIG LINES: whether one of the lines that ` or ` joins took
has_one_of()
{
	local line name

	while read -r line; do
		case $line in
		'# CONFIG_'*' is not set')
			name=${line#\# } name=${name% is not set}
			! grep -q "^$name=" "$1" || continue
			;;
		CONFIG_*'=""')
			# What there is no room for has no value, either
			! grep -q "^${line%%=*}=." "$1" || grep -qxF "$line" "$1" || continue
			;;
		CONFIG_*)
			grep -qxF "$line" "$1" || continue
			;;
		esac
		return 0
	done <<<"${2// or /$'\n'}"
	return 1
}

# lines_not_taken CONFIG: prints those lines of stdin that a configuration lacks.  A
# line may stand alone, and again joined with what newer kernels have in its stead.
lines_not_taken()
{
	local line lines joined

	lines=$(grep CONFIG_)
	joined=$(grep -F ' or ' <<<"$lines" || true)
	while read -r line; do
		has_one_of "$1" "$line" ||
			[[ $line != *' or '* && " or ${joined//$'\n'/ or } or " == *" or $line or "* ]] ||
			printf '%s\n' "$line"
	done <<<"$lines"
}

# all_taken CONFIG SENTENCE: ends with it unless all lines of stdin took
all_taken()
{
	local missing

	missing=$(lines_not_taken "$1")
	[[ -z $missing ]] || {
		printf '%s\n' "$missing" >&2
		die "$2"
	}
}

# make_results: sets `results` to a new directory, which is removed in the end
make_results()
{
	make_cache "$cache/run"
	results=$(mktemp -d "$cache/run/results.XXXXXX")
	trap 'rm -rf "$results"' EXIT
}

# need TOOL=PACKAGE...: installs the packages of the tools that are missing.  A
# tool that is a path, as for a header, is looked for there.
need()
{
	local pair missing=()

	for pair; do
		case ${pair%%=*} in
		/*)	[[ -e ${pair%%=*} ]] ;;
		*)	command -v "${pair%%=*}" >/dev/null ;;
		esac || [[ " ${missing[*]} " == *" ${pair#*=} "* ]] ||
			missing+=("${pair#*=}")
	done
	[[ ${#missing[@]} -gt 0 ]] || return 0

	local root=()
	if [[ $(id -u) -ne 0 ]]; then
		root=(sudo)
		[[ -t 0 ]] || root+=(-n)
		"${root[@]}" true 2>/dev/null ||
			die "please install as root: apt-get install ${missing[*]}"
	fi
	command -v apt-get >/dev/null ||
		die "please install: ${missing[*]}"

	say "installing ${missing[*]}"
	make_cache "$cache"
	exec {apt_lock}>"$cache/apt.lock"
	flock "$apt_lock"
	apt_install "${missing[@]}" || {
		"${root[@]}" apt-get -q update >&2 || true
		apt_install "${missing[@]}"
	} || die "could not install ${missing[*]}: check the network and apt"
	exec {apt_lock}>&-
}

apt_install()
{
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
		--no-install-recommends install "$@" >&2
}

# cross ARCH: sets `arguments` to what make has to be told to compile for it, with
# compiler output shared through ccache
cross()
{
	need ccache=ccache
	export CCACHE_DIR=$cache/ccache CCACHE_MAXSIZE=5G

	arguments=(CC="ccache gcc")
	case $1 in
	x86)
		;;
	i386)
		arguments+=(ARCH=i386)
		;;
	arm64)
		need aarch64-linux-gnu-gcc=gcc-aarch64-linux-gnu
		arguments=(ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- CC="ccache aarch64-linux-gnu-gcc")
		;;
	riscv)
		need riscv64-linux-gnu-gcc=gcc-riscv64-linux-gnu
		arguments=(ARCH=riscv CROSS_COMPILE=riscv64-linux-gnu- CC="ccache riscv64-linux-gnu-gcc")
		;;
	s390)
		need s390x-linux-gnu-gcc=gcc-s390x-linux-gnu
		arguments=(ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- CC="ccache s390x-linux-gnu-gcc")
		;;
	esac
}

# need_libc ARCH: what a program for another machine is linked with
need_libc()
{
	case $1 in
	arm64)	need /usr/aarch64-linux-gnu/lib/libc.a=libc6-dev-arm64-cross ;;
	s390)	need /usr/s390x-linux-gnu/lib/libc.a=libc6-dev-s390x-cross ;;
	esac
}

# room_for GIB DIR: refuses to start what would end with a full disk.
room_for()
{
	local free

	# In units of 1 GiB, df would round it up
	free=$(df --output=avail -B1M "$2" | tail -n 1)
	[[ $free -ge $(($1 * 1024)) ]] ||
		die "$2 has ${free// /} MiB free and $1 GiB are needed: free some, or set XDG_CACHE_HOME"
}

# progress SECONDS: passes the log of a kernel build on, and tells at such intervals
# how far it has come
progress()
{
	local line start=$SECONDS next=$((SECONDS + $1)) done=0

	while read -r line; do
		printf '%s\n' "$line"
		[[ $line != 'CC '* ]] || done=$((done + 1))
		[[ $SECONDS -lt $next ]] || {
			say "  $done files, $((SECONDS - start)) s"
			next=$((SECONDS + $1))
		}
	done
}

# is_kernel DIR
is_kernel()
{
	[[ -f $1/Makefile && -f $1/Kconfig && -d $1/kernel/trace ]] &&
		grep -q '^PATCHLEVEL = ' "$1/Makefile"
}

# kernel_version TREE: as in 6.12.117
kernel_version()
{
	awk '$2 == "=" && $1 ~ /^(VERSION|PATCHLEVEL|SUBLEVEL)$/ { v = v sep $3; sep = "." }
	     NR > 5 { exit } END { print v }' "$1/Makefile"
}

# new_enough VERSION TREE: or a plain sentence
new_enough()
{
	printf '%s\n' 6.12 "$1" | sort -C -V ||
		die "$2 is Linux $1: user_events needs 6.12 or newer"
}

# newer_checks TREE: what checkpatch of that tree may ask for, and 6.12 does not have
# or take: kzalloc_obj(), and a const ctl_table
newer_checks()
{
	local types=ALLOC_WITH_SIZEOF

	! grep -qx ctl_table "$1/scripts/const_structs.checkpatch" || types+=,CONST_STRUCT
	echo "$types"
}

# What a kernel says when it has found a mistake.
reports='BUG[: ]|WARNING:|KASAN:|UBSAN:|KFENCE:|INFO: |Oops|Kernel panic'
reports+='|Call [Tt]race:|general protection fault|possible .* detected'
reports+='|suspicious RCU|detected stalls?|soft lockup|unreferenced object'
reports+='|new suspected memory leaks|ODEBUG:|list_(add|del) corruption'
reports+='|refcount_t: |sysctl table check failed|Trying to vfree'

# check_log LOG: shows what a kernel has reported there, if anything, and fails.
# That a test had fork fail on purpose is no mistake: where the stack comes from
# vmalloc, it says from where it was called.  Nor is that a test used up the memory
# of its own cgroup.
check_log()
{
	local log

	log=$(sed -E '/(nomem|fault)_test.*: vmalloc error: |end_test.* invoked oom-killer: /,/Call [Tt]race:/{
		/Call [Tt]race:/d}' "$1")
	! grep -qE "$reports" <<<"$log" || {
		say "the kernel's log holds a report:"
		grep -E -B 2 -A 60 "$reports" <<<"$log" | head -n 300 >&2
		die "the kernel reported a mistake, see above"
	}
}

# count_results STATUS FILE...: says what failed in files of `ok` and `not ok`
# lines and ends with `N passed, N failed`.  STATUS tells how the run ended.
count_results()
{
	local status=$1 passed failed skipped line

	shift
	passed=$(cat "$@" | grep -a -c '^ok ' || true)
	skipped=$(cat "$@" | grep -a -c '^ok .*# SKIP' || true)
	failed=$(cat "$@" | grep -a -c '^not ok ' || true)
	passed=$((passed - skipped))

	if [[ $failed -gt 0 ]]; then
		say "failed:"
		grep -a -h '^not ok ' "$@" >&2
	fi
	[[ $((passed + failed)) -gt 0 ]] || die "no test ran: see above"
	# A report in the kernel's log is as bad as a test that fails.
	[[ $status -eq 0 || $failed -gt 0 ]] || failed=1

	line="$passed passed, $failed failed"
	[[ $skipped -eq 0 ]] || line+=", $skipped skipped"
	echo "$line"
	[[ $failed -eq 0 ]]
}
