sd_root=$(stat -L -c %d /)
sd_source() { df -P "$1" 2>/dev/null | sed -n '2{s/ .*//p;q;}'; }
# The disks that a block device is on: itself, its whole disk, or what LVM and RAID put it on.
sd_disks() {
	sd_sys=$(readlink -f "/sys/class/block/$1" 2>/dev/null) || return 0
	if [ -e "$sd_sys/partition" ]; then
		sd_sys=${sd_sys%/*}
		echo "${sd_sys##*/}"
		return 0
	fi
	sd_any=
	for sd_s in "$sd_sys"/slaves/*; do
		if [ -e "$sd_s" ]; then sd_any=yes; (sd_disks "${sd_s##*/}"); fi
	done
	if [ -z "$sd_any" ]; then echo "$1"; fi
}
sd_disks_of() {
	case $1 in
	/dev/*) sd_disks "$(basename "$(readlink -f "$1")")" ;;
	esac
}
sd_root_source=$(sd_source /)
sd_root_disks=$(sd_disks_of "$sd_root_source" | tr '\n' ' ')
sd_last=
on_system_disk() {
	sd_dev=$(stat -L -c %d "$1" 2>/dev/null) || return 1
	case $sd_dev in
	"$sd_root") return 0 ;;
	"$sd_last") return "$sd_verdict" ;;
	esac
	sd_last=$sd_dev
	sd_verdict=1
	sd_from=$(sd_source "$1")
	case $sd_from in
	"$sd_root_source") sd_verdict=0 ;;
	/dev/*)
		for sd_d in $(sd_disks_of "$sd_from"); do
			case " $sd_root_disks" in *" $sd_d "*) sd_verdict=0 ;; esac
		done
		;;
	esac
	return "$sd_verdict"
}
# The mount points of what may be a disk's or the net's; blanks in names are \040 in /proc/mounts.
sd_points() {
	while read -r sd_from sd_p _; do
		case $sd_from in
		/dev/loop*) ;;
		/* | *:/* | "$sd_root_source") printf '%b\n' "$(printf '%s' "$sd_p" | sed 's/\\/\\0/g')" ;;
		esac
	done </proc/mounts | sort -u
}
# One mount point for each file system: find -xdev goes from one to its other mounts.
system_mounts() {
	sd_seen=' '
	sd_points | while IFS= read -r sd_p; do
		if [ ! -d "$sd_p" ] || ! on_system_disk "$sd_p"; then continue; fi
		sd_dev=$(stat -L -c %d "$sd_p")
		case $sd_seen in *" $sd_dev "*) continue ;; esac
		sd_seen="$sd_seen$sd_dev "
		printf '%s\n' "$sd_p"
	done
}
volume_mounts() {
	sd_points | while IFS= read -r sd_p; do
		if [ -d "$sd_p" ] && ! on_system_disk "$sd_p"; then printf '%s\n' "$sd_p"; fi
	done
}
