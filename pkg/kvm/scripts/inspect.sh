# The states of the files that the arguments name.
letters=
for p; do
	if [ -L "$p" ]; then letters=${letters}l
	elif [ -f "$p" ]; then letters=${letters}f
	elif [ -e "$p" ]; then letters=${letters}o
	else letters=${letters}-; fi
done
echo "$letters"
keep=$IFS
IFS='
'
set -f
# say PROGRAM…: runs it on $paths, in portions where there are very many.
say() {
	# shellcheck disable=SC2086 # one word per line
	if [ "${#paths}" -lt 500000 ]; then "$@" $paths
	else printf '%s\n' "$paths" | tr '\n' '\0' | xargs -0 "$@"; fi
}
case $letters in *[flo]*)
	paths=$(for p; do if [ -e "$p" ] || [ -L "$p" ]; then printf '%s\n' "$p"; fi; done)
	say stat -c '%f %u %g %s' || exit 1
	;;
esac
case $letters in *f*)
	paths=$(for p; do if [ -f "$p" ] && [ ! -L "$p" ]; then printf '%s\n' "$p"; fi; done)
	say sha256sum || exit 1
	;;
esac
case $letters in *l*) for p; do if [ -L "$p" ]; then readlink "$p" || exit 1; fi; done ;; esac
set +f
IFS=$keep
