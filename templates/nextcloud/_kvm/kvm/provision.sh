#!/bin/sh
# Puts Nextcloud, php-fpm and nginx on a fresh instance (Debian 12 or later,
# Ubuntu 22.04 or later). Safe to run again.
set -eu

VERSION=30.0.17
NAME=nextcloud-$VERSION.tar.bz2
URL=https://download.nextcloud.com/server/releases/$NAME

apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	bzip2 ca-certificates curl nginx-light php-apcu php-bcmath php-cli php-curl php-fpm php-gd \
	php-gmp php-intl php-mbstring php-mysql php-pgsql php-xml php-zip

# The scheduler starts them, with the configuration of their cluster.
systemctl disable --now nginx
for unit in /lib/systemd/system/php*-fpm.service; do
	systemctl disable --now "$(basename "$unit")"
done

if [ ! -d /opt/nextcloud ]; then
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	cd "$work"
	curl -fsSLO "$URL"
	curl -fsSLO "$URL.sha256"
	sha256sum -c --ignore-missing "$NAME.sha256"
	tar -xjf "$NAME" -C /opt
fi

# The program stays in the image; apps that users install are on the volume.
ln -sfn /data/nextcloud/custom_apps /opt/nextcloud/custom_apps
