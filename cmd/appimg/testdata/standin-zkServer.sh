#!/bin/sh
# Stands in for ZooKeeper where there is no Java: runs in the foreground as
# "zkServer.sh start-foreground FILE", answers the four-letter words that the
# preset asks, and ends when it is told to.
[ "$1" = start-foreground ] || exit 2
answer=/tmp/zk-answer
cat >"$answer" <<EOF
#!/bin/sh
read -r -n 4 word
case \$word in
ruok) printf imok ;;
conf) cat $2 ;;
mntr) printf 'zk_server_state\tstandalone\nzk_znode_count\t5\n' ;;
esac
EOF
chmod 755 "$answer"
trap 'kill "$pid"; exit 0' TERM
nc -ll -p 2181 -e "$answer" &
pid=$!
wait "$pid"
