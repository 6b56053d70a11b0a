#!/bin/sh
# Puts Redis on a fresh instance. Safe to run again.
set -eu

if command -v apt-get >/dev/null; then
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends redis-server redis-tools
	service=redis-server
else
	yum install -y redis
	service=redis
fi

# The scheduler starts it, with the configuration of its cluster.
if command -v systemctl >/dev/null; then
	systemctl disable --now "$service"
else
	service "$service" stop || true
	update-rc.d "$service" disable 2>/dev/null || chkconfig "$service" off
fi
