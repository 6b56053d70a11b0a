# Real servers: an ensemble of three, a fourth that joins, a setting that goes
# through one by one, servers that leave.
# states: three, joining (of four), four, slower (another tickTime), leaving1, leaving3, leaving4
# Debian's server instead of the image's.
for root in "$lab"/fs/*; do
	mkdir -p "$root/opt/zookeeper/bin"
	cat >"$root/opt/zookeeper/bin/zkServer.sh" <<'P'
#!/bin/bash
. "$ZOOCFGDIR/java.env"
exec java -Xmx128m $SERVER_JVMFLAGS -cp "$ZOOCFGDIR:/usr/share/java/zookeeper.jar" org.apache.zookeeper.server.quorum.QuorumPeerMain "$2"
P
	chmod 755 "$root/opt/zookeeper/bin/zkServer.sh"
done
zk() { local node=$1; shift; on "$node" /opt/app/bin/zk "$@"; }
cli() { local node=$1; shift; on "$node" java -cp /usr/share/java/zookeeper.jar org.apache.zookeeper.ZooKeeperMain -server 127.0.0.1:2181 "$@" 2>&1 | tail -n 1; }
pid() { cat "$lab/fs/$1/run/zookeeper/pid"; }
modes() { for n in "$@"; do zk "$n" monitor | cut -d'"' -f4; done | sort | uniq -c | awk '{ printf "%s%s ", $1, $2 }'; }

become three n1 n2 n3
for n in n1 n2 n3; do
	zk $n init
	code 1 zk $n health
	want '{"mode":"looking",*}' zk $n monitor
	zk $n reload
	zk $n start &
done
wait
want '2follower 1leader ' modes n1 n2 n3
want 'Created /key' cli n1 create /key value
[ "$(stat -c %U "$lab/fs/n1/data/zookeeper/data/version-2")" = zookeeper ]

# The fourth waits until the others know it; they restart once, together.
become joining n1 n2 n3 n4
zk n4 start &
sleep 3
code 1 zk n4 health
before=$(pid n1)
for n in n1 n2 n3; do zk $n reload & done
wait
want '3follower 1leader ' modes n1 n2 n3 n4
want value cli n4 get /key
[ "$before" != "$(pid n1)" ] || { echo "the old servers do not know the new one"; exit 1; }

# What does not concern the server does not restart it.
before=$(pid n2)
become four n1 n2 n3 n4
zk n2 reload
[ "$before" = "$(pid n2)" ] || { echo "restarted for nothing"; exit 1; }

# A setting goes through one by one, in the order of ids: the first has it at
# once, the second only 20 s later.
second=$(pid n2)
become slower n1 n2
zk n2 reload &
zk n1 reload
[ "$second" = "$(pid n2)" ] || { echo "the second did not wait for its turn"; exit 1; }
wait
[ "$second" != "$(pid n2)" ] || { echo "the second has not taken the setting up"; exit 1; }
want '3follower 1leader ' modes n1 n2 n3 n4

become leaving3 n1
code 1 zk n1 leave
become leaving1 n1
code 0 zk n1 leave
become leaving4 n1
code 0 zk n1 leave

for n in n1 n2 n3 n4; do zk $n stop; done
code 1 zk n1 health
