# In front of every script that changes the machine. One such script runs at a
# time (flock), and only for the run that owns the machine: one that another
# run has taken over from stops here.
state=/var/lib/appimg
run=$1
shift
# fault WHAT [STATUS]: the end. Without a status, what was said last tells why.
fault() {
	if [ $# -gt 1 ]; then echo "$1" >&2; else echo "=doing=$1" >&2; fi
	exit "${2:-1}"
}
full() { fault "nothing can be written to $state: is its disk full?" 1; }
hold() {
	exec 9>>"$state/lock" || exit 1
	if command -v flock >/dev/null 2>&1; then flock -w 60 9 || fault "another script of appimg is still at work on the machine" 75; fi
}
owned() {
	hold
	owner=
	if [ -s "$state/owner" ]; then read -r owner <"$state/owner"; fi
	[ "$owner" = "$run" ] || fault "another run of appimg has taken the machine over: ${owner:-it was ended}" 76
	seen
	# However long the script takes, nobody has missed the run at its end.
	trap seen EXIT
}
# It says the same as before, for its time's sake; a full disk does not keep it from that.
seen() { if [ -s "$state/owner" ]; then printf '%s\n' "$run" 1<>"$state/owner"; fi; }
# The files named are on the disk before what relies on them. (A sync that is
# too old to take names does all of them.)
settle() { sync "$@" 2>/dev/null || sync; }
# settle_done FILE…: the same for the files that were written, and further ones.
settle_done() {
	(
		IFS='
'
		set -f
		# shellcheck disable=SC2046 # one word per line
		if [ -s "$state/done" ]; then set -- "$@" $(while read -r path; do if [ -f "$path" ]; then printf '%s\n' "$path"; fi; done <"$state/done"); fi
		if [ $# -gt 2000 ]; then sync
		elif [ $# -gt 0 ]; then settle "$@"; fi
	)
}
