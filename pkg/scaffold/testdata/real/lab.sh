#!/bin/bash
# lab.sh SCENARIO LAB: runs a scenario on machines that share this one's programs
# but have an address, /opt, /data and /run of their own. The caller starts it in
# mount, network and pid namespaces of its own (unshare -m -n -p), with which all
# of this ends.
#
# LAB/nodes has a line "NAME ADDRESS" for each, LAB/rootfs what the image has,
# LAB/states/STATE/NAME what confd writes in that state of the cluster.
set -euo pipefail

scenario=$1 lab=$2

make_machine() { # NAME ADDRESS
	local root=$lab/fs/$1 dir
	mkdir -p "$root"
	mount -t tmpfs none "$root"
	mkdir -p "$root"/{usr,etc,var,dev,proc,run,tmp,data,opt}
	for dir in usr etc var dev; do mount --rbind "/$dir" "$root/$dir"; done
	for dir in bin sbin lib lib64; do ln -s "usr/$dir" "$root/$dir"; done
	mount -t proc proc "$root/proc"
	cp -r "$lab/rootfs/." "$root/"
	ip netns add "$1"
	ip link add "v$1" type veth peer name eth0 netns "$1"
	ip link set "v$1" master br0 up
	ip -n "$1" addr add "$2/16" dev eth0
	ip -n "$1" link set lo up
	ip -n "$1" link set eth0 up
}

# on NAME COMMAND... runs it on that machine.
on() {
	local name=$1
	shift
	nsenter --net="/run/netns/$name" chroot "$lab/fs/$name" "$@"
}

# become STATE NAME... writes what confd would.
become() {
	local state=$1 name
	shift
	for name in "$@"; do cp -a "$lab/states/$state/$name/." "$lab/fs/$name/"; done
}

# want TEXT COMMAND... : the command prints TEXT (a pattern), within 30 seconds.
want() {
	local pattern=$1 out i
	shift
	for ((i = 0; i < 30; i++)); do
		out=$("$@" 2>&1) || true
		# shellcheck disable=SC2053 # a pattern is meant
		[[ $out == $pattern ]] && return 0
		sleep 1
	done
	echo "line ${BASH_LINENO[0]}: $* printed [$out], want [$pattern]"
	exit 1
}

# code N COMMAND... : the command ends with N, within 30 seconds.
code() {
	local expected=$1 got i
	shift
	for ((i = 0; i < 30; i++)); do
		got=0
		"$@" >/dev/null 2>&1 || got=$?
		[ "$got" -eq "$expected" ] && return 0
		sleep 1
	done
	echo "line ${BASH_LINENO[0]}: $* ended with $got, want $expected"
	exit 1
}

mount -t tmpfs none /run
ip link add br0 type bridge
ip link set br0 up
ip link set lo up
while read -r name address; do make_machine "$name" "$address"; done <"$lab/nodes"

# shellcheck source=/dev/null
. "$scenario"
echo "scenario passed"
