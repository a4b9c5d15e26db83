# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Completion of user-events for bash.

# Registered names, which have no spaces
_user_events_names()
{
	user-events list 2>/dev/null | awk 'NR > 1 && !seen[$1]++ { print $1 }'
}

_user_events_groups()
{
	user-events groups 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_user_events_instances()
{
	ls /sys/kernel/tracing/instances 2>/dev/null
}

# _user_events_options COMMAND
_user_events_options()
{
	local options='--json --help --version'

	case $1 in
	doctor)			options+=' --group --user' ;;
	enable | disable)	options+=' --group --instance' ;;
	record)			options+=' --group --output --with' ;;
	tail)			options+=' --group --count' ;;
	*)			options+=' --group' ;;
	esac
	echo "$options"
}

# _user_events_arguments COMMAND: what may stand in its place, by the words so far
_user_events_arguments()
{
	case $1 in
	list | tail | record | enable | disable | delete | lost)
		_user_events_names
		;;
	groups)
		if [[ $COMP_CWORD -eq 2 ]]; then
			echo 'list make remove limits'
		elif [[ ${COMP_WORDS[2]} == limits && $COMP_CWORD -gt 3 ]]; then
			echo 'max= multi_format_only=0 multi_format_only=1'
		else
			_user_events_groups
		fi
		;;
	esac
}

_user_events()
{
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words

	COMPREPLY=()
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-o | --output)		mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
	-u | --user)		mapfile -t COMPREPLY < <(compgen -u -- "$word"); return ;;
	-w | --with)		words='trace-cmd perf' ;;
	-n | --count)		return ;;
	-g | --group)		words=$(_user_events_groups) ;;
	-i | --instance)	words=$(_user_events_instances) ;;
	*)
		if [[ $COMP_CWORD -eq 1 ]]; then
			words='list tail record enable disable delete groups lost doctor'
			words+=' --help --version'
		elif [[ $word == -* ]]; then
			words=$(_user_events_options "$command")
		else
			words=$(_user_events_arguments "$command")
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _user_events user-events
