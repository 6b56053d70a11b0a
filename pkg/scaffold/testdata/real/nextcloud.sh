# nginx and php-fpm with a stand-in for the program: what is served, what is
# refused, where sessions and logs go, how a broken configuration is met.
# states: first, second (another upload limit)
nextcloud() { on n1 /opt/app/bin/nextcloud "$@"; }
get() { on n1 curl -s -o /tmp/body -w '%{http_code} %{redirect_url} ' "http://127.0.0.1$1" && on n1 head -c 300 /tmp/body; }
root=$lab/fs/n1 data=$lab/fs/n1/data/nextcloud
mkdir -p "$root/opt/nextcloud/lib"
cat >"$root/opt/nextcloud/status.php" <<'P'
<?php echo '{"installed":true}';
P
cat >"$root/opt/nextcloud/index.php" <<'P'
<?php session_start(); $_SESSION["x"] = 1; error_log("a log line");
echo "index ", $_SERVER["REQUEST_URI"], " ", getenv("NEXTCLOUD_CONFIG_DIR"), " ", ini_get("upload_max_filesize");
P
cat >"$root/opt/nextcloud/occ" <<'P'
<?php $flag = "/data/nextcloud/data/installed";
if (in_array("status", $argv)) { echo json_encode(["installed" => file_exists($flag)]), "\n"; }
if (in_array("maintenance:install", $argv)) { if (file_exists("/data/fail")) exit(1); file_put_contents($flag, implode("\n", $argv)); }
if (in_array("upgrade", $argv)) exit((int)@file_get_contents("/data/upgrade"));
P
echo "secret" >"$root/opt/nextcloud/lib/base.php"
echo "style" >"$root/opt/nextcloud/a.css"

become first n1
nextcloud init
want '{"active":0,"idle":0,"queue":0,"requests":0,"volume_used":*}' nextcloud monitor
nextcloud reload-web
nextcloud reload-php
touch "$root/data/fail"
code 1 nextcloud start
rm "$root/data/fail"
nextcloud start
nextcloud start
code 0 nextcloud health
grep -qx "pa'ss\\\\w\"ord" "$data/data/installed" || { echo "the database's password did not arrive"; exit 1; }
on n1 php -r 'require "/data/nextcloud/config/platform.config.php"; echo $CONFIG["dbpassword"];' | grep -qx "pa'ss\\\\w\"ord"

want '200  index / /data/nextcloud/config 1024M' get /
want '200  index /apps/files/x *' get /apps/files/x
want '200  index /apps/x.php/y *' get /apps/x.php/y
want '200  style' get /a.css
want '301 http://127.0.0.1/remote.php/dav/ *' get /.well-known/caldav
for hidden in /lib/base.php /config/config.php /data/x /.htaccess /occ; do want '404 *' get $hidden; done
want '{"active":*,"requests":[1-9]*}' nextcloud monitor
ls "$data/sessions" | grep -q . || { echo "no session on the volume"; exit 1; }
grep -q "a log line" "$data/log/php.log"
[ "$(stat -c '%a %U:%G' "$data/config/platform.config.php")" = "640 root:www-data" ]

before=$(cat "$root/run/nextcloud/nginx.pid")
become second n1
nextcloud reload-web
nextcloud reload-php
want '*2048M' get /
[ "$before" = "$(cat "$root/run/nextcloud/nginx.pid")" ] || { echo "nginx was restarted"; exit 1; }
echo "broken {" >>"$root/opt/app/conf/nginx.conf"
code 1 nextcloud reload-web
code 0 nextcloud health
become second n1

truncate -s 11M "$data/log/nginx-access.log"
code 0 nextcloud health
[ -f "$data/log/nginx-access.log.1" ]
want '200 *' get /
[ "$(stat -c %s "$data/log/nginx-access.log")" -lt 10000 ] || { echo "the log was not rotated"; exit 1; }

echo 3 >"$root/data/upgrade"
code 0 nextcloud upgrade
echo 1 >"$root/data/upgrade"
code 1 nextcloud upgrade
nextcloud restart
code 0 nextcloud health
nextcloud stop
nextcloud stop
code 22 on n1 sh -c 'curl -s http://127.0.0.1/ || exit 22'
