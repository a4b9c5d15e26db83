# SPDX-License-Identifier: GPL-2.0
#
# gnuplot -c formats.gnuplot BASE OURS SVG: plots the instructions to register
# one more format of a name against the number of its formats

set terminal svg size 720,480 font "sans-serif,13" background "white"
set output ARG3

set title "Registering the N-th format of one event name"
set xlabel "N"
set ylabel "instructions"
set logscale x 2
set logscale y 10
set xrange [1:32768]
set yrange [1000:100000000]
set format y "10^{%T}"
set grid
set key top left

plot ARG1 using 1:2 with linespoints lw 2 pt 7 ps 0.6 lc rgb "#b03030" title "base", \
     ARG2 using 1:2 with linespoints lw 2 pt 7 ps 0.6 lc rgb "#2050a0" title "ours"
