# The stand-in starts, reloads only while it runs, and stops.
app() { on n1 /opt/app/bin/app "$@"; }
become first n1
app init
code 1 app health
want '{"up":0,"peers":1}' app monitor
app reload
code 1 app health
app start
app start
code 0 app health
want '{"up":1,"peers":1}' app monitor
want 'serving with listen = *' cat "$lab/fs/n1/data/app/log/app.log"
before=$(cat "$lab/fs/n1/run/app/pid")
app reload
code 0 app health
[ "$before" != "$(cat "$lab/fs/n1/run/app/pid")" ] || { echo "reload did nothing"; exit 1; }
app stop
app stop
code 1 app health
