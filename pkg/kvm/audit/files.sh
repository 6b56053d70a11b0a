# $1: a time (seconds), or "install"; "all" for every file. Prints what is to be
# known of the machine, then the files on its system disk whose inode changed
# since: =F= CTIME MTIME SIZE UID INODE PATH.
state=/var/lib/appimg
since=$1
echo "clock=$(date +%s)"
installed=
for f in "$state"/*; do
	case $f in */lock | */owner | */sealed | */journal | */'*') continue ;; esac
	at=$(stat -c %Y "$f")
	if [ -z "$installed" ] || [ "$at" -gt "$installed" ]; then installed=$at; fi
	if [ -f "$f" ]; then sed 's/^/list=/' "$f"; fi
done
if [ -z "$installed" ]; then installed=$(stat -c %Z /opt/qingcloud/app-agent/bin/confd 2>/dev/null); fi
echo "installed=$installed"
case $since in
install) since=$installed ;;
all) since=0 ;;
esac
if [ -z "$since" ]; then
	echo "=end="
	exit 0
fi
sed -n 's/^\([^:]*\):[^:]*:\([0-9]*\):.*/user=\2 \1/p' /etc/passwd
volume_mounts | sed 's/^/volume=/'
find -L /etc/confd/conf.d -type f -name '*toml' 2>/dev/null | sort | head -n 2000 | while IFS= read -r f; do
	echo "pair=$f"
	sed 's/^/|/' "$f"
	echo
	# A rendered script of here-documents writes files in its turn.
	dest=$(sed -n "s/^[[:space:]]*dest[[:space:]]*=[[:space:]]*[\"']\([^\"']*\)[\"'].*/\1/p" "$f" | tail -n 1)
	if [ -f "$dest" ]; then sed -n 's/^[^#]*>>*[[:space:]]*"\{0,1\}\(\/[A-Za-z0-9_.\/-]*\)"\{0,1\}[[:space:]]*<<.*/script=\1/p; s/^[^#]*<<.*>>*[[:space:]]*"\{0,1\}\(\/[A-Za-z0-9_.\/-]*\)"\{0,1\}[[:space:]]*$/script=\1/p' "$dest"; fi
done
echo "=files="
list() {
	system_mounts | while IFS= read -r m; do
		set -- "$m" -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/cache -o -path "$state" \) -prune -o -type f
		if find / -maxdepth 0 -printf '' >/dev/null 2>&1; then find "$@" -printf '=F= %C@ %T@ %s %U %i %p\n'
		else find "$@" -exec stat -c '=F= %Z %Y %s %u %i %n' {} +; fi 2>/dev/null
	done
}
# A line that begins otherwise is the rest of a name with a line end in it.
if [ "$since" = 0 ]; then list
else list | awk -v since="$since" '$1 == "=F=" { keep = ($2 + 0 >= since + 0) } keep'; fi
echo "=end="
