package rules

import (
	"context"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// loginWithoutKey finds scripts of nodes that log in to other nodes where
// nothing of the app makes a key, or brings one.
func loginWithoutKey() validate.Rule {
	return validate.NewRule("login-without-key", validate.Warning, "A script logs in to another node, and nothing gives it a key",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.Spec == nil || !p.Complete() || slices.ContainsFunc(p.Spec.Roles, func(role *app.Role) bool { return role.Passphraseless != "" }) {
				return nil
			}
			for _, s := range scripts(p) {
				if !s.sure || s.file == nil {
					continue
				}
				eachCall(s.file, func(call *syntax.CallExpr) {
					if text := source(s.text, call); logsIn(call, text) && !bringsKeys(p) {
						reportLogin(r, s, call)
					}
				})
			}
			return nil
		})
}

// reportLogin reports a login; a key mends all of them, which are told as one.
func reportLogin(r *validate.Reporter, s *script, call *syntax.CallExpr) {
	f := r.At(s.pos(call), "%s logs in to another node: no role has passphraseless, and nothing in the repository makes a key", path.Base(callWords(call)[0]))
	f.In(s.role).With(validate.Likely).WithFix(`"passphraseless": "ssh-rsa" in the role of cluster.json.mustache`)
	atPlaces(f, s.pos(call), nil)
}

// logsIn reports whether a call goes to another machine by SSH, with a key that
// the app has to have: no variable names it, no port of this machine is meant.
func logsIn(call *syntax.CallExpr, text string) bool {
	words := callWords(call)
	if len(words) < 2 || strings.Contains(text, "localhost") || strings.Contains(text, "127.0.0.1") || givenKey.MatchString(text) {
		return false
	}
	switch path.Base(words[0]) {
	case "ssh", "sftp":
		return len(words) > 2 || !strings.HasPrefix(words[1], "-")
	case "scp":
		return remotePath.MatchString(text)
	case "rsync":
		return remotePath.MatchString(text) && !strings.Contains(text, "::") && !strings.Contains(text, "rsync://")
	}
	return false
}

var (
	givenKey   = lazyregexp.New(`-i[ ]*["']?[^ "']*\$`)
	remotePath = lazyregexp.New(`[\w})"]:[/~$"]`)
	keyMaker   = lazyregexp.New(`ssh-keygen|authorized_keys|pub_key|sshpass|SSH_ASKPASS|ssh-copy-id|ssh-add|PRIVATE KEY|(?i:private_?key)|IdentityFile|HostbasedAuthentication|id_(rsa|dsa|ecdsa|ed25519)`)
	keyFile    = lazyregexp.New(`(^|/)(id_(rsa|dsa|ecdsa|ed25519)|[^/]*\.pem|\.ssh/.*)$`)
	usesKey    = lazyregexp.New(`\b(ssh|scp|sftp|rsync)\b.* -i`)
)

// bringsKeys reports whether a file of the repository is a key, makes one, or
// logs in by other means.
func bringsKeys(p *validate.Package) bool {
	type key struct{}
	return validate.Keep(p, key{}, func() bool {
		return slices.ContainsFunc(p.Files(), func(f *validate.File) bool {
			text, ok := p.Text(f.Path)
			return keyFile.MatchString(f.Rel) || ok && path.Ext(f.Rel) != ".md" && makesKey(text)
		})
	})
}

func makesKey(text string) bool {
	if !keyMaker.MatchString(text) {
		return false
	}
	for line := range strings.Lines(text) {
		if keyMaker.MatchString(line) && !usesKey.MatchString(line) {
			return true
		}
	}
	return false
}
