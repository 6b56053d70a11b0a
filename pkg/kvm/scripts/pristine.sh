# Prints those of the files that are just as a package has put them there. Where
# / is merged with /usr, packages name files by either path.
recorded() {
	if [ -d /var/lib/dpkg/info ]; then
		grep -hF -e "  ${1#/}" /var/lib/dpkg/info/*.md5sums 2>/dev/null | awk -v file="${1#/}" 'substr($0, 35) == file { print $1; exit }'
		awk -v file="$1" '/^Conffiles:/ { on = 1; next } /^[^ ]/ { on = 0 } on && $1 == file { print $2; exit }' /var/lib/dpkg/status
	elif command -v rpm >/dev/null 2>&1; then
		rpm -qf --qf '[%{FILENAMES}\t%{FILEDIGESTS}\n]' "$1" 2>/dev/null | awk -F '\t' -v file="$1" '$1 == file { print $2; exit }'
	fi
}
for p; do
	if [ ! -f "$p" ] || [ -L "$p" ]; then continue; fi
	for q in "$p" "/usr$p" "${p#/usr}"; do
		for sum in $(recorded "$q"); do
			case ${#sum} in
			32) now=$(md5sum <"$p") ;;
			64) now=$(sha256sum <"$p") ;;
			*) continue ;;
			esac
			if [ "${now%% *}" = "$sum" ]; then
				printf '%s\n' "$p"
				continue 3
			fi
		done
	done
done
