# SPDX-License-Identifier: GPL-2.0
#
# doc-blocks.awk: takes the literal blocks out of a document.  Prints a line each,
# with a word before it that says what it is:
#
#   chapter TITLE        what follows is in this chapter
#   block                a literal block begins, made by `::` at the end of a line
#   c FILE               a program begins: a code-block with a caption
#   diff FROM -> FILE    a change to a program begins, likewise
#   line TEXT            of the block, without its indentation

function indent(line)
{
	match(line, /^\t*/)
	return RLENGTH
}

# Blank lines are held back: those behind a block are not of it
function print_line(text)
{
	for (; blank > 0; blank--)
		print "line "
	print "line " text
}

/^=+$/ && last ~ /^[^\t=]/ { print "chapter " last }
{ last = $0 }

block && /[^ \t]/ && indent($0) <= outside { block = 0 }

!block && /^\.\. code-block:: / {
	kind = $3
	block = 1
	options = 1
	outside = 0
	next
}

!block && /::$/ && !/^\.\. / {
	print "block"
	block = 1
	options = 0
	started = 0
	blank = 0
	outside = indent($0)
	next
}

block && options && /^\t:caption: / {
	sub(/^\t:caption: /, "")
	print kind " " $0
	next
}

block && options && /^$/ { options = 0; started = 0; blank = 0; next }

block && /^[ \t]*$/ { blank += started; next }

block { started = 1; print_line(substr($0, outside + 2)) }
