package docker

import "testing"

func TestNeedsBash(t *testing.T) {
	for text, want := range map[string]bool{
		"/opt/app/bin/start.sh":                        false,
		"systemctl start x && echo 'a [[ b' || exit 1": false,
		". /etc/profile; a=$(cat f) && [ \"$a\" = b ]": false,
		"cmd > /dev/null 2>&1 &":                       false,
		"for i in 1 2 3; do echo $i; done":             false,
		"cat <<E\n[[ x ]]\nE\n":                        false,
		"source /opt/app/env && start":                 true,
		"[[ -f /x ]] && start":                         true,
		"start &> /dev/null":                           true,
		"start &>> /var/log/x":                         true,
		"a=(1 2 3); echo ${a[0]}":                      true,
		"diff <(a) <(b)":                               true,
		"function f { :; }; f":                         true,
		"[ a == b ] && c":                              true,
		"cat <<< word":                                 true,
		"echo ${a//x/y}":                               true,
		"echo ${a^^}":                                  true,
		"(( a++ ))":                                    true,
		"if true; then pushd /x; fi":                   true,
		"echo \"unclosed":                              true,
		"for ((i=0;i<3;i++)); do :; done":              true,
		"echo {1..3}":                                  false, // runs, though it prints something else
		"let i=i+1":                                    true,
		"cmd |& tee x":                                 true,
	} {
		if why := needsBash(text); (why != "") != want {
			t.Errorf("needsBash(%q) = %q", text, why)
		}
	}
}
