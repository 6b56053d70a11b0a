# Reads paths from its input, files or folders; prints each file as
# "=file= SIZE PATH" and its bytes. $1: the largest size.
while IFS= read -r p; do
	if [ -d "$p" ]; then find -L "$p" -type f 2>/dev/null | sort
	elif [ -f "$p" ]; then printf '%s\n' "$p"; fi
done | while IFS= read -r f; do
	n=$(wc -c <"$f" 2>/dev/null | tr -d ' ') || continue
	if [ -z "$n" ] || [ "$n" -gt "$1" ]; then continue; fi
	printf '=file= %s %s\n' "$n" "$f"
	head -c "$n" "$f"
	echo
done
echo "=end="
