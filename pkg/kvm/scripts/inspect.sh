# The states of the files that the arguments name.
letters=
for p; do
	if [ -L "$p" ]; then letters=${letters}l
	elif [ -f "$p" ]; then letters=${letters}f
	elif [ -e "$p" ]; then letters=${letters}o
	else letters=${letters}-; fi
done
echo "$letters"
# list LETTERS PATH…: what there is to say of the paths of these kinds.
list() {
	want=$1
	shift
	rest=$letters
	for p; do
		one=${rest%"${rest#?}"}
		rest=${rest#?}
		shift
		case $want in *"$one"*) set -- "$@" "$p" ;; esac
	done
	if [ $# -eq 0 ]; then return 0; fi
	case $want in
	flo) stat -c '%f %u %g %s' "$@" ;;
	f) sha256sum "$@" ;;
	l) for p; do readlink "$p" || return 1; done ;;
	esac
}
list flo "$@" && list f "$@" && list l "$@" || exit 1
