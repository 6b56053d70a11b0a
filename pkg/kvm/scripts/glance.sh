# $1: the names of lists of what was installed, one a line; the other arguments
# are paths, or "-" where they are the input's lines. Prints the lists, what is in
# the folders that they say were made, and the paths that are looked at besides.
lists=$1
shift
for f in "$state"/provision/*/status; do
	if [ -s "$f" ]; then
		read -r code <"$f"
		f=${f%/status}
		put step "$code ${f##*/}"
	fi
done
keep=$IFS
IFS='
'
set -f
# shellcheck disable=SC2046,SC2086 # one word per line, here and below
if [ "$1" = - ]; then set -- $(cat); fi
also=$(
	set +f
	more
)
made=
for l in $lists; do
	if [ ! -s "$state/$l" ]; then continue; fi
	sed "s/^/list.$l=/" "$state/$l"
	also="$also
$(sed -n 's/^[^# ][^ ]* [^ ]* //p' "$state/$l")"
	made="$made
$(sed -n 's/^made - //p' "$state/$l")"
done
if [ -s "$state/journal/did" ]; then
	sed 's/^/did=/' "$state/journal/did"
	also="$also
$(sed 's/^[^ ]* //' "$state/journal/did")"
fi
if [ -n "$made" ]; then find $made -mindepth 1 -maxdepth 1 2>/dev/null | sed 's/^/child=/'; fi
if [ -n "$also" ]; then
	also=$(printf '%s\n' "$@" =also= "$also" | awk '$0 == "=also=" { also = 1; next } !($0 in seen) { seen[$0] = 1; if (also && $0 != "") print }')
	if [ -n "$also" ]; then
		printf 'path=%s\n' $also
		set -- "$@" $also
	fi
fi
set +f
IFS=$keep
