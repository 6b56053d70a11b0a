#!/bin/sh
# Puts ZooKeeper and what it needs on a fresh instance. Safe to run again.
set -eu

VERSION=3.9.3
NAME=apache-zookeeper-$VERSION-bin
URL=https://archive.apache.org/dist/zookeeper/zookeeper-$VERSION/$NAME.tar.gz

if command -v apt-get >/dev/null; then
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		ca-certificates curl netcat-openbsd openjdk-17-jre-headless
else
	yum install -y curl nmap-ncat java-17-openjdk-headless
fi

getent group zookeeper >/dev/null || groupadd --system zookeeper
getent passwd zookeeper >/dev/null ||
	useradd --system --gid zookeeper --home-dir /opt/zookeeper --shell /bin/false zookeeper

if [ ! -d "/opt/$NAME" ]; then
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	cd "$work"
	curl -fsSLO "$URL"
	curl -fsSLO "$URL.sha512"
	sha512sum -c "$NAME.tar.gz.sha512"
	tar -xzf "$NAME.tar.gz" -C /opt
fi
ln -sfn "/opt/$NAME" /opt/zookeeper
