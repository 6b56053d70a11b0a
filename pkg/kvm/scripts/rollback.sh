# Puts back what the journal has saved, the last first. It prints what could
# not be put back, and ends with 1 then. $1: the init system; $2: "booted" where
# it runs. The journal says what happens to the service: "leave", "restart" or "stop".
if [ ! -d "$state/journal" ]; then exit 0; fi
owned
end_steps
init=$1
booted=$2
back=leave
if [ -s "$state/journal/service" ]; then read -r back <"$state/journal/service"; fi
if [ "$back" = stop ]; then { service stop; end_daemons; } >/dev/null 2>&1; fi
journal=$state/journal
bad=
complain() { bad=yes; echo "$1"; }
# A disk that is full gets room first.
while read -r _ kind path; do rm -f "$path.appimg-new"; done <"$journal/index"
rm -f "$state"/pack-*
# same: the path still is what was saved.
same() {
	[ -f "$1" ] && [ ! -L "$1" ] && [ -f "$2" ] && [ ! -L "$2" ] || return 1
	[ "$(stat -c '%a:%u:%g' "$1")" = "$(stat -c '%a:%u:%g' "$2")" ] && cmp -s "$1" "$2"
}
sed -n '1!G;h;$p' "$journal/index" | while read -r n kind path; do
	case $kind in
	absent)
		# What is in these, the service has written since.
		case $path in /opt/qingcloud/app-agent/log | /opt/qingcloud/app-agent/run) rm -rf "$path" ;; esac
		if [ -d "$path" ] && [ ! -L "$path" ]; then rmdir "$path" 2>/dev/null || echo "left $path: it is not empty"
		else rm -f "$path" || echo "left $path"; fi
		;;
	saved | turned)
		if [ -e "$journal/$n" ] || [ -L "$journal/$n" ]; then
			if same "$journal/$n" "$path"; then continue; fi
			# A file would be put into a folder.
			if [ -L "$path" ]; then rm -f "$path"
			elif [ -d "$path" ] && ! rmdir "$path"; then
				echo "not put back: $path: there is a folder now"
				continue
			fi
			# Where there is no room for both, the new one goes first.
			cp -a "$journal/$n" "$path.appimg-old" || { rm -f "$path.appimg-old" "$path" && cp -a "$journal/$n" "$path.appimg-old"; }
			mv -f "$path.appimg-old" "$path" || echo "not put back: $path"
		fi
		;;
	meta:*)
		IFS=: read -r _ mode uid gid <<-end
			$kind
		end
		{ [ -d "$path" ] && [ ! -L "$path" ] || { rm -f "$path" && mkdir "$path"; }; } && chown "$uid:$gid" "$path" && chmod "$mode" "$path" || echo "not put back: $path"
		;;
	esac
done >"$state/left"
while read -r line; do complain "$line"; done <"$state/left"
if [ -n "$bad" ]; then exit 1; fi
settle
if [ "$init.$booted" = systemd.booted ]; then systemctl daemon-reload; fi
if [ "$back" = restart ]; then restart >/dev/null 2>&1; fi
# What finished scripts have done stays done, and known.
for step in "$steps"/*; do
	if [ ! -d "$step" ]; then continue; fi
	if [ "$(cat "$step/status" 2>/dev/null)" = 0 ]; then rm -f "$step/script" "$step/log" "$step/pid" "$step/run"
	else rm -rf "$step"; fi
done
rmdir "$steps" 2>/dev/null
if [ -e "$state/created" ] && [ ! -d "$steps" ]; then
	cd / && rm -rf "$state"
else
	rm -rf "$state"/pack-* "$state"/*.new "$journal" "$state/left" "$state/todo" "$state/sum" "$state/done" "$state/owner" "$state/created"
fi
