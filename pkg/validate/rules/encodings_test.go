package rules_test

import (
	"testing"
)

// Scripts of other tools, systems and encodings are no reason for a finding.
func TestForeignFiles(t *testing.T) {
	for name, text := range map[string]string{
		"windows line ends": "#!/bin/bash\r\nif true; then\r\n  echo \"a b\"\r\nfi\r\n",
		"GBK":               "#!/bin/bash\n# \xd6\xd0\xce\xc4\xd7\xa2\xca\xcd\necho '\xd6\xd0\xce\xc4'\n",
		"a payload":         "#!/bin/sh\ntail -n +4 \"$0\" | tar x\nexit 0\n" + string(make([]byte, 16<<10)) + "if then (",
		"a template":        "#!/bin/sh\nX={{demo_version}}\nif {{cond}}\n",
		"another shell":     "#!/usr/bin/fish\nif test 1; echo x; end\n",
	} {
		t.Run(name, func(t *testing.T) {
			p := base(t)
			p.lay(t, "tools/foreign.sh", text, true)
			if got := lines(p.lint(t)); got != "" {
				t.Errorf("found:\n%s", got)
			}
		})
	}
}
