# $1: the step; its script is the input; what follows is its environment. Prints
# the step that is to be waited for where another one runs.
owned
step=$1
shift
if alive "$step"; then exit 0; fi
# This run has started it: the answer was lost.
if [ -e "$steps/$step/run" ] && [ "$(cat "$steps/$step/run")" = "$run" ]; then exit 0; fi
for other in "$steps"/*; do
	other=${other##*/}
	if alive "$other"; then
		echo "$other"
		exit 0
	fi
done
umask 077
rm -rf "${steps:?}/$step"
mkdir -p "$steps/$step" || exit 1
cat >"$steps/$step/script" && chmod 0700 "$steps/$step/script" && : >"$steps/$step/log" || exit 1
settle "$steps/$step/script"
alone=
if command -v setsid >/dev/null 2>&1; then alone=setsid; fi
umask 022
$alone sh -c 'dir=$1
shift
trap : TERM
cd / && unset LC_ALL && env "$@" "$dir/script"
echo "$?" >"$dir/status.new" && { sync "$dir/status.new" 2>/dev/null || sync; } && mv -f "$dir/status.new" "$dir/status"' "appimg-step-$step" "$steps/$step" "$@" </dev/null >>"$steps/$step/log" 2>&1 9>&- &
echo "$!" >"$steps/$step/pid"
until alive "$step" || [ -e "$steps/$step/status" ]; do nap; done
printf '%s\n' "$run" >"$steps/$step/run"
