# Reads paths from its input, and prints who writes or owns them: the processes
# that have them open for writing (open=PID NAME PATH), and the packages that
# they are of (package=NAME PATH).
paths=$(cat)
# shellcheck disable=SC2012 # one ls for all processes
ls -l /proc/[0-9]*/fd 2>/dev/null | {
	printf '%s\n' "$paths" | sed 's/^/want=/'
	cat
} | awk '
	/^want=/ { want[substr($0, 6)] = 1; next }
	/^\/proc\/[0-9]+\/fd:$/ { split($0, part, "/"); pid = part[3]; next }
	/^l.w/ { at = index($0, " -> "); if (at) { path = substr($0, at + 4); if (path in want && !((pid, path) in seen)) { seen[pid, path] = 1; print pid " " path } } }
' | while read -r pid path; do
	name=
	if [ -r "/proc/$pid/comm" ]; then read -r name <"/proc/$pid/comm"; fi
	printf 'open=%s %s %s\n' "$pid" "$(printf '%s' "${name:-?}" | tr ' ' '_')" "$path"
done
# Where / is merged with /usr, packages name files by either path.
both() { printf '%s\n' "$paths" | sed -n 'p; s|^/usr/\(s\{0,1\}bin\|lib[0-9x]*\)/|/\1/|p'; }
merged() { sed 's|^package=\([^ ]*\) /\(s\{0,1\}bin\|lib[0-9x]*\)/|package=\1 /usr/\2/|; p; s|/usr/|/|'; }
if [ -d /var/lib/dpkg/info ]; then
	both | grep -HFxf - /var/lib/dpkg/info/*.list 2>/dev/null | sed 's|^/var/lib/dpkg/info/\([^:]*\)[^ ]*\.list:|package=\1 |; s|^/var/lib/dpkg/info/\(.*\)\.list:|package=\1 |' | merged
elif [ -f /lib/apk/db/installed ]; then
	both | {
		sed 's/^/want=/'
		cat /lib/apk/db/installed
	} | awk '/^want=/ { want[substr($0, 6)] = 1; next } /^P:/ { name = substr($0, 3) } /^F:/ { dir = substr($0, 3) } /^R:/ { path = "/" dir "/" substr($0, 3); if (path in want) print "package=" name " " path }' | merged
elif command -v rpm >/dev/null 2>&1; then
	both | {
		sed 's/^/want=/'
		rpm -qa --qf '[%{=NAME} %{FILENAMES}\n]' 2>/dev/null
	} | awk '/^want=/ { want[substr($0, 6)] = 1; next } { path = substr($0, index($0, " ") + 1); if (path in want) print "package=" $1 " " path }' | merged
fi
echo "=end="
