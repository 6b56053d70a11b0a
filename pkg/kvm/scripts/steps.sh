# For scripts about the steps of a provision, each with a folder of its own: its
# script, its log, its process, and its status once it has ended.
steps=/var/lib/appimg/provision
# alive STEP: it runs.
alive() {
	if [ ! -s "$steps/$1/pid" ]; then return 1; fi
	read -r pid <"$steps/$1/pid"
	grep -q "appimg-step-$1" "/proc/$pid/cmdline" 2>/dev/null
}
nap() { sleep 0.2 2>/dev/null || sleep 1; }
# end_steps ends those that run, with all that they have started.
end_steps() {
	for signal in TERM KILL; do
		n=0
		for step in "$steps"/*; do
			step=${step##*/}
			while alive "$step" && [ "$n" -lt 25 ]; do
				if [ "$n" = 0 ]; then
					read -r stat <"/proc/$pid/stat"
					# shellcheck disable=SC2086 # fields: state, parent, group
					set -- ${stat##*) }
					kill "-$signal" "-$3"
				fi
				n=$((n + 1))
				nap
			done
		done
	done
}
