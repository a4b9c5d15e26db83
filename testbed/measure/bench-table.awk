# SPDX-License-Identifier: GPL-2.0
#
# awk -f bench-table.awk BASE OURS AGAIN: prints the table of instruction
# counts, from the values of the base kernel, of ours, and of ours in another
# boot

# 1234567 -> 1,234,567
function commas(n,    text, out)
{
	text = sprintf("%.0f", n)
	while (length(text) > 3) {
		out = "," substr(text, length(text) - 2) out
		text = substr(text, 1, length(text) - 3)
	}
	return text out
}

function of(kernel, row)
{
	return value[kernel, row]
}

# a count, or the quotient of two: "fork/512 fork/0"
function figure(kernel, row,    part)
{
	if (split(row, part, " ") < 2)
		return of(kernel, row)
	if (!of(kernel, part[1]) || !of(kernel, part[2]))
		return 0
	return of(kernel, part[1]) / of(kernel, part[2])
}

function shown(row, n)
{
	if (!n)
		return "-"
	return row ~ / / ? sprintf("x %.2f", n) : commas(n)
}

function print_row(title, base, ours, ratio, goal, met)
{
	printf "%-46s %12s %12s %7s  %-22s %s\n", title, base, ours, ratio, goal, met
}

# LIMIT is what ours may be at most, GOAL says it in words
function row_with(title, row, limit, goal,    base, ours, met)
{
	base = figure(1, row)
	ours = figure(2, row)
	if (goal)
		met = ours && ours <= limit ? "met" : "NOT MET"
	if (goal)
		count[met]++
	if (met == "NOT MET")
		missed[row]
	print_row(title, shown(row, base), shown(row, ours),
		  base ? sprintf("%.3f", ours / base) : "-", goal, met)
}

function less(title, row)
{
	row_with(title, row, figure(1, row) * 0.9999, "less")
}

function reference(title, row)
{
	row_with(title, row, 0, "")
}

function flat(title, row)
{
	row_with(title, row, 1.05, "flat: x 1.05")
}

# a quarter more, for trees and tables that grow; were it quadratic, it would be
# the square
function linear(title, row, times)
{
	row_with(title, row, times * 1.25, sprintf("linear: x %.1f", times * 1.25))
}

# Which other ways to record 64 bytes take less than write() does
function print_cheaper(    i, n, row, title, what)
{
	n = split("write/kernel-event write/marker write/marker-text usdt/uprobe lttng/ust lttng/ust-array", row, " ")
	split("a kernel event,trace_marker_raw,trace_marker,a uprobe,LTTng-UST,LTTng-UST with an array", title, ",")
	for (i = 1; i <= n; i++) {
		if (of(2, row[i]) && of(2, row[i]) < of(2, "write/ftrace"))
			what = what (what ? ", " : "") title[i]
	}
	print "Cheaper than write() of a user event: " (what ? what : "none of the others") "."
	print "A kernel event is what the tracing core makes one system call cost at least.  The"
	print "markers record bytes without fields, that can be neither filtered nor switched on"
	print "one by one.  LTTng-UST records without a system call, into memory it shares with a"
	print "daemon that writes it out: what that takes is not counted."
}

FNR == 1 { kernel++ }
{ value[kernel, $1] = $2 }

END {
	print_row("instructions", "base", "ours", "ratio", "goal", "")
	print ""
	first = of(2, "register/first") * 1.05
	null = of(2, "write/null")
	less("register the first event of a name", "register/first")
	row_with("register the 1024th format of one name", "format/1024", first, "first + 5 %")
	row_with("register the 32,768th format of one name", "format/32768", first, "first + 5 %")
	row_with("register the 1024th name in one process", "register/name1024", first, "first + 5 %")
	row_with("register again from another file, 1 format", "again/1", 4000, "4,000")
	row_with("                            of 1,024 formats", "again/1024", 4000, "4,000")
	row_with("                           of 32,768 formats", "again/32768", 4000, "4,000")
	reference("first registration of a process, 1 thread", "register/threads/0")
	reference("                                 1,001", "register/threads/1000")
	flat("                                 1,001 over 1", "register/threads/1000 register/threads/0")
	reference("unregister, 64 registrations in the process", "unregister/64")
	reference("            1,024", "unregister/1024")
	flat("            1,024 over 64", "unregister/1024 unregister/64")
	row_with("write() of 64 bytes to ftrace", "write/ftrace", 985, "985")
	row_with("writev() of 64 bytes to ftrace", "write/ftrace-writev", 1480, "1,480")
	row_with("write() of 64 bytes while disabled", "write/disabled", null + 55, "/dev/null + 55")
	reference("          to /dev/null", "write/null")
	reference("64 bytes by a kernel event that a write() fires", "write/kernel-event")
	row_with("64 bytes through io_uring, 32 a system call", "write/uring", of(2, "write/ftrace"), "less than write()")
	reference("64 bytes to trace_marker_raw", "write/marker")
	reference("         to trace_marker, as text", "write/marker-text")
	reference("         by a uprobe on a USDT probe", "usdt/uprobe")
	reference("         by LTTng-UST, in 8 fields", "lttng/ust")
	reference("                       in one array", "lttng/ust-array")
	row_with("fork + exit, no registrations", "fork/0", of(1, "fork/0") * 1.005, "base + 0.5 %")
	reference("             512 registrations", "fork/512")
	row_with("             512 over none", "fork/512 fork/0", 1.02, "x 1.02")
	reference("             512 that have just been enabled", "fork/512-set")
	row_with("             those over none", "fork/512-set fork/0", 1.02, "x 1.02")
	reference("enable + disable an event, alone", "toggle/0")
	reference("    while 1000 processes hold 64 others each", "toggle/1000")
	flat("    1000 processes over none", "toggle/1000 toggle/0")
	reference("read user_events_status, 256 events", "status/256")
	reference("                         1,024", "status/1024")
	reference("                         10,000", "status/10000")
	linear("                         10,000 over 1,024", "status/10000 status/1024", 10000 / 1024)
	reference("read dynamic_events, 256 events", "dynamic/256")
	reference("                     1,024", "dynamic/1024")
	reference("                     10,000", "dynamic/10000")
	linear("                     10,000 over 1,024", "dynamic/10000 dynamic/1024", 10000 / 1024)
	reference("close the only file with 1,000 events", "close/1000")
	reference("                        10,000", "close/10000")
	linear("                        10,000 over 1,000", "close/10000 close/1000", 10)
	reference("exit with 1,000 events", "exit/1000")
	reference("                10,000", "exit/10000")
	linear("                10,000 over 1,000", "exit/10000 exit/1000", 10)
	reference("close the file, exit, with 1,000 events", "close-exit/1000")
	reference("                           10,000", "close-exit/10000")
	linear("                           10,000 over 1,000", "close-exit/10000 close-exit/1000", 10)
	reference("disable 1,000 events nobody else has", "disable/1000")
	reference("        10,000", "disable/10000")
	linear("        10,000 over 1,000", "disable/10000 disable/1000", 10)
	reference("delete a name with 1,000 formats", "delete/1000")
	reference("                   10,000", "delete/10000")
	linear("                   10,000 over 1,000", "delete/10000 delete/1000", 10)
	reference("register an event in the only group", "groups/1/register")
	reference("                     in one of 1,000", "groups/1000/register")
	flat("                     1,000 groups over 1", "groups/1000/register groups/1/register")
	flat("                     beside 31,768 layouts", "groups/beside/register groups/1/register")
	flat("                     beside absent pages", "groups/beside-absent/register groups/1/register")
	flat("                     beside a full cgroup", "groups/beside-full/register groups/1/register")
	reference("write() of 64 bytes in the only group", "groups/1/write")
	flat("                     1,000 groups over 1", "groups/1000/write groups/1/write")
	flat("                     beside 31,768 layouts", "groups/beside/write groups/1/write")
	flat("                     beside absent pages", "groups/beside-absent/write groups/1/write")
	flat("                     beside a full cgroup", "groups/beside-full/write groups/1/write")
	reference("enable + disable an event in the only group", "groups/1/toggle")
	flat("                     1,000 groups over 1", "groups/1000/toggle groups/1/toggle")
	flat("                     beside 31,768 layouts", "groups/beside/toggle groups/1/toggle")
	flat("                     beside absent pages", "groups/beside-absent/toggle groups/1/toggle")
	flat("                     beside a full cgroup", "groups/beside-full/toggle groups/1/toggle")
	print ""
	print_row("bytes of kernel memory", "", "", "", "", "")
	print ""
	less("an event", "memory/event")
	less("a registration", "memory/registration")
	reference("a group with its directory and files", "memory/group")

	print ""
	printf "%d goals met, %d not met.\n", count["met"], count["NOT MET"]
	if ("write/ftrace" in missed) {
		print "write(): what it takes more than the marker is the tracing core's way for"
		print "events: trace_event_buffer_reserve(), trace_event_buffer_lock_reserve(),"
		print "trace_event_buffer_commit() and trace_buffer_unlock_commit_regs() do filters,"
		print "triggers, exports and stack traces, which the marker has none of; the functions"
		print "of user_events and what they copy with take as many as the marker's own, within"
		print "some 30: see the profile below."
	}
	if ("write/ftrace-writev" in missed) {
		print "writev(): what it takes more than write() is the VFS's way for several pieces:"
		print "do_writev(), vfs_writev(), import_iovec() with what it calls,"
		print "do_iter_readv_writev(), and _copy_from_iter(), which copies the index byte by"
		print "byte: see the profile below."
	}
	if ("write/uring" in missed) {
		print "io_uring: preparing, issuing and completing a request of its takes more"
		print "instructions than what write() has in its stead, the entry of a system call and"
		print "vfs_write(): see the profile below.  What a batch saves is 31 of 32 switches to"
		print "the kernel and back: they are few instructions, and much time where each has to"
		print "undo speculation, which this table does not count."
	}
	print_cheaper()
	print "-: not measured.  In the base, registering a format takes about 3,400"
	print "instructions for each that there is: 4,096 take 29e9 together, 32,768 would"
	print "take 1.8e12.  So it is left out beyond 4,096, and as it would have to make"
	print "10,000 first, deleting them is, too."
	print "Counts are medians without what reading the clock costs: of 2,001 samples"
	print "for writes and other ways to record, 501 batches for io_uring, 301 for"
	print "unregister, 101 for processes and for registering, 31 for toggling and for"
	print "reading files of 256 and 1,024 events, 15 for registering again, 11 for the"
	print "first registration of a process, 5 for reading files of 10,000 events.  Close,"
	print "exit, disable and delete are run once for each number, and include what is done"
	print "in the background."

	for (key in value) {
		split(key, part, SUBSEP)
		row = part[2]
		if (part[1] != 3 || row !~ /^(register|unregister|write|fork|toggle|status|format\/1024)/)
			continue
		off = of(3, row) / of(2, row) - 1
		off = off < 0 ? -off : off
		if (off >= worst) {
			worst = off
			worst_row = row
		}
	}
	printf "The same in another boot: write() to ftrace %s and %s; register %s and %s; most\n",
		commas(of(2, "write/ftrace")), commas(of(3, "write/ftrace")),
		commas(of(2, "register/first")), commas(of(3, "register/first"))
	printf "apart is %s, by %.2f %%.\n", worst_row, worst * 100
}
