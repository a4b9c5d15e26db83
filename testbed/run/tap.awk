# SPDX-License-Identifier: GPL-2.0
#
# tap.awk: prefixes each result with the name of its program, which a line
# `@program NAME` announces, and the name with `before`.  A missing result of
# the plan is a failure.

function finish()
{
	if (name != "" && (promised == "" || seen < promised))
		print "not ok " name ":ended early"
}

/^@program / {
	finish()
	name = before substr($0, 10)
	promised = ""
	seen = 0
	next
}
/^@end$/ { finish(); name = ""; next }
/^1\.\.0/ { print "ok " name " # SKIP all of it" }
/^1\.\.[0-9]+/ { promised = substr($1, 4) + 0 }
/^(not )?ok [0-9]+/ {
	seen++
	match($0, /ok [0-9]+ (- )?/)
	$0 = substr($0, 1, RSTART + 1) " " name ":" substr($0, RSTART + RLENGTH)
}
{ print; fflush() }
END { finish() }
