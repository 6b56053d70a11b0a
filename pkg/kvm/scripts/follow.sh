# $1: the step; $2: how many bytes of its output are known. Prints the others as
# they come, and at the end its status, on standard error.
step=$1
at=$2
ended=
while [ -z "$ended" ]; do
	if [ -e "$steps/$step/status" ]; then ended=yes
	elif ! alive "$step"; then ended=yes; fi
	size=$(wc -c 2>/dev/null <"$steps/$step/log") || size=0
	if [ "$size" -gt "$at" ]; then
		tail -c "+$((at + 1))" "$steps/$step/log" | head -c "$((size - at))" || exit 1
		at=$size
	elif [ -z "$ended" ]; then nap; fi
done
status=lost
if [ -e "$steps/$step/status" ]; then read -r status <"$steps/$step/status"; fi
echo "status=$status" >&2
