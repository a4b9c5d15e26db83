# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# demo-lib.sh: functions of the demo's sessions to show a command and check its
# output.

shown=

step()
{
	printf '\n# %s\n' "$*"
}

# run COMMAND: shows it, then what it prints
run()
{
	run_status "$*" || wrong "the command failed"
}

# run_refused COMMAND: the same of one that has to fail
run_refused()
{
	! run_status "$*" || wrong "the command did not fail"
}

run_status()
{
	local status=0

	printf '$ %s\n' "$*"
	shown=$(eval "$*" 2>&1) || status=$?
	[[ -z $shown ]] || printf '%s\n' "$shown"
	return "$status"
}

# start NAME ARGUMENTS: a program in the background, once it has registered
start()
{
	local argument line=

	for argument; do
		[[ $argument != *' '* ]] || argument="'$argument'"
		line+="$argument "
	done
	printf '$ %s&\n' "$line"
	# shellcheck disable=SC2154 # the session's
	"$@" >"$work/started" 2>&1 &
	for _ in {1..100}; do
		! grep -q registered "$work/started" || return 0
		sleep 0.1
	done
	cat "$work/started"
	wrong "the program did not register its event"
}

wrong()
{
	printf 'demo: %s\n' "$*" >&2
	exit 1
}

# expect PATTERN...: each has to be in what the last command showed
expect()
{
	local pattern

	for pattern; do
		grep -qE -- "$pattern" <<<"$shown" || wrong "expected to see: $pattern"
	done
}

# expect_none PATTERN
expect_none()
{
	! grep -qE -- "$1" <<<"$shown" || wrong "did not expect to see: $1"
}
