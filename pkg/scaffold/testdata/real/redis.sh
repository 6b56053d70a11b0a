# A master and two replicas: parameters change while they run, a failover is
# honoured by restarts and by scaling in.
# states: first, second (another password and maxclients)
redis() { local node=$1; shift; on "$node" /opt/app/bin/redis "$@"; }
cli() { local node=$1; shift; REDISCLI_AUTH=$password on "$node" redis-cli --no-auth-warning "$@"; }
role() { redis "$1" monitor | cut -d, -f1; }
pid() { cat "$lab/fs/$1/run/redis/redis.pid"; }
master=$(awk '$1 == "n1" { print $2 }' "$lab/nodes")
second=$(awk '$1 == "n2" { print $2 }' "$lab/nodes")

password=first-password
become first n1 n2 n3
for n in n1 n2 n3; do
	redis $n init
	code 1 redis $n health
	want '{"role":"down",*}' redis $n monitor
	redis $n reload
	redis $n start
	code 0 redis $n health
done
want '{"role":"master"' role n1
want '{"role":"replica"' role n2
for n in n1 n2 n3; do code 0 redis $n scale-in-check; done
cli n1 set key value >/dev/null
want value cli n3 get key

before=$(pid n2)
become second n1 n2 n3
for n in n1 n2 n3; do redis $n reload; done
password='second/password_2%'
want '*500*' cli n2 config get maxclients
want value cli n3 get key
[ "$before" = "$(pid n2)" ] || { echo "a parameter that can be set restarted the server"; exit 1; }
for n in n1 n2 n3; do code 0 redis $n scale-in-check; done
! printf %s "$password" | grep -qsFf - /proc/*/cmdline || { echo "the password is in the list of processes"; exit 1; }

want OK cli n1 failover to "$second" 6379
want '{"role":"master"' role n2
code 71 redis n1 scale-in-check
code 71 redis n2 scale-in-check
redis n1 restart >/dev/null
want '{"role":"replica"' role n1
redis n2 restart >/dev/null
want '{"role":"master"' role n2
want OK cli n3 replicaof "$master" 6399
redis n3 follow >/dev/null
want "*master_host:$second*" cli n3 info replication

for n in n3 n1 n2; do
	redis $n stop
	redis $n stop
	code 1 redis $n health
done
for n in n1 n2 n3; do redis $n start >/dev/null; done
want '{"role":"master"' role n1
want value cli n2 get key
