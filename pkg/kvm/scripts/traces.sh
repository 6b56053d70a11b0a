find "$home" "$home/bin" "$home/log" "$home/run" /etc/confd /etc/confd/conf.d /etc/confd/templates -mindepth 1 -maxdepth 1 2>/dev/null
for f in /etc/systemd/system/*.wants/confd.service /etc/rc?.d/[SK][0-9][0-9]confd /etc/rc.d/rc?.d/[SK][0-9][0-9]confd /etc/runlevels/*/confd \
	/etc/systemd/system/appimg-ssh-keygen.service /etc/systemd/system/*.wants/appimg-ssh-keygen.service /etc/init/appimg-ssh-keygen.conf \
	/etc/init.d/appimg-ssh-keygen /etc/rc?.d/[SK][0-9][0-9]appimg-ssh-keygen /etc/rc.d/rc?.d/[SK][0-9][0-9]appimg-ssh-keygen /etc/ssh/ssh_host_*_key; do
	if [ -e "$f" ] || [ -L "$f" ]; then printf '%s\n' "$f"; fi
done
