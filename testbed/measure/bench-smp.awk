# SPDX-License-Identifier: GPL-2.0
#
# awk -f bench-smp.awk BASE OURS: prints the throughput of 2 and 4 CPUs relative
# to one, as the median of five runs with the minimum and the maximum

FNR == 1 { kernel++ }
{
	row = $1
	sub(/\/[0-9]+$/, "", row)
	cpus = substr($1, length(row) + 2)
	run = ++runs[kernel, $1]
	value[kernel, row, cpus, run] = $2
}

function scaling(kernel, row, cpus,    n, i, j, q, list)
{
	n = runs[kernel, row "/" cpus]
	if (!n)
		return "-"
	for (i = 1; i <= n; i++) {
		q = value[kernel, row, cpus, i] / value[kernel, row, 1, i]
		for (j = i; j > 1 && list[j - 1] > q; j--)
			list[j] = list[j - 1]
		list[j] = q
	}
	best[kernel, row, cpus] = list[int((n + 1) / 2)]
	return sprintf("%.2f (%.2f-%.2f)", list[int((n + 1) / 2)], list[1], list[n])
}

# What four CPUs reach, in words: with GOAL, or as much of computing where the
# host does not have as much to give
function verdict(row, goal,    all)
{
	all = best[2, "smp/compute", 4]
	if (all >= goal + 0.5)
		return sprintf("> %d: %s", goal, best[2, row, 4] > goal ? "met" : "NOT MET")
	return sprintf("> %d: the host has %.2f, of which base takes %d %%, ours %d %%", goal, all,
		       100 * best[1, row, 4] / best[1, "smp/compute", 4],
		       100 * best[2, row, 4] / all)
}

function print_row(title, row, goal,    base2, base4, ours2, ours4)
{
	base2 = scaling(1, row, 2)
	base4 = scaling(1, row, 4)
	ours2 = scaling(2, row, 2)
	ours4 = scaling(2, row, 4)
	printf "%-38s %-18s %-18s %-18s %-18s %s\n", title, base2, ours2, base4, ours4, \
		goal ? verdict(row, goal) : ""
}

END {
	printf "%-38s %-18s %-18s %-18s %-18s %s\n\n", "throughput over one CPU's", \
		"base, 2 CPUs", "ours, 2 CPUs", "base, 4 CPUs", "ours, 4 CPUs", "goal"
	print_row("compute, without the kernel", "smp/compute")
	print_row("register + unregister existing formats", "smp/register", 3)
	print_row("write to different events", "smp/write")
	print_row("    while two events are toggled", "smp/toggle")
	print_row("write through one open file", "smp/shared")
	print ""
	print "Each is the median of five runs, with the least and the most, in QEMU's"
	print "multi-threaded emulation: quotients say something, times do not.  The first"
	print "row is what the host had to give, which is four where each of its CPUs is a"
	print "core of its own, and idle."
}
