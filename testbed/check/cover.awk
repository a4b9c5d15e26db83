# SPDX-License-Identifier: GPL-2.0
#
# cover.awk FUNCTIONS FILE.gcov...: prints how much of each file is executed, and
# the lines that are not, each with its reason.  FUNCTIONS is what `gcov -f` prints.
#
#   reasons    the file of the reasons, which says at its head how it looks
#   promised   the share of lines to be executed, in percent

function trim(text)
{
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	return text
}

# Each entry is a line `FILE FUNCTION(): CODE`, and its reason in indented lines.
function read_reasons(  line, key)
{
	while ((getline line < reasons) > 0) {
		if (line ~ /^#/ || line ~ /^[ \t]*$/)
			continue
		if (line ~ /^[ \t]/)
			reason[key] = trim(reason[key] " " trim(line))
		else
			key = line
	}
}

function tell_file(name)
{
	printf "%-32s %5d of %5d  %5.1f %%   %4d of %4d\n", name, hit[name], lines[name], \
		100 * hit[name] / lines[name], reached[name], functions[name]
}

function begin_file()
{
	file = FILENAME
	sub(/\.gcov$/, "", file)
	sub(/.*[#~^\/]/, "", file)
	order[++nr_files] = file
	within = ""
}

function count_function(count)
{
	counted[file, within] = 1
	functions[file]++
	if (count ~ /^[0-9]/)
		reached[file]++
	else
		idle = idle sprintf("not ok cover:%s %s() is not called\n", file, within)
}

function count_line(count, code,  key)
{
	key = file " " within "(): " code
	known[key] = 1
	known[file " " within "(): *"] = 1
	lines[file]++
	if (count ~ /^[0-9]/)
		hit[file]++
	else
		missed[++nr_missed] = key
}

# The reason for a line, or for all of its function
function reason_for(key,  all)
{
	all = key
	sub(/\(\): .*/, "(): *", all)
	return key in reason ? reason[key] : reason[all]
}

BEGIN {
	read_reasons()
}

# The names of all functions
FILENAME == ARGV[1] {
	if (/^Function/) {
		gsub(/'/, "", $2)
		known_function[$2] = 1
	}
	next
}

FNR == 1 {
	begin_file()
}

# COUNT:NUMBER:CODE.  Where a function begins, the count is that of its calls.  A
# function of a header comes first for all objects, then again for each.
{
	split($0, part, ":")
	count = trim(part[1])
	code = $0
	sub(/^[^:]*:[^:]*:/, "", code)
	if (match(code, /^[a-z_][^;=]*[ *][a-z_0-9]+\(/)) {
		within = substr(code, RSTART, RLENGTH - 1)
		sub(/.*[ *]/, "", within)
		if (count != "-" && within in known_function && !((file, within) in counted))
			count_function(count)
	}
	number = part[2] + 0
	if (number == 0 || count == "-" || ((file, number) in seen))
		next
	seen[file, number] = 1
	count_line(count, trim(code))
}

END {
	printf "%-32s %14s  %7s   %12s\n", "", "lines executed", "", "functions"
	for (i = 1; i <= nr_files; i++) {
		file = order[i]
		if (!lines[file])
			continue
		tell_file(file)
		hit["all"] += hit[file]
		lines["all"] += lines[file]
		reached["all"] += reached[file]
		functions["all"] += functions[file]
	}
	tell_file("all")

	print "\nnot executed, and why:\n"
	for (i = 1; i <= nr_missed; i++) {
		why = reason_for(missed[i])
		printf "%s\n\t%s\n", missed[i], why ? why : "?"
		unexplained += !why
	}
	for (key in reason) {
		if (!(key in known))
			stale = stale sprintf("not ok cover:reason there is no line %s\n", key)
	}
	share = 100 * hit["all"] / lines["all"]
	printf "%s%s", idle, stale
	printf "%sok cover:reasons %d lines have none\n", unexplained ? "not " : "", unexplained
	printf "%sok cover:lines %.1f %% of %s %%\n", share < promised ? "not " : "", share, promised
}
