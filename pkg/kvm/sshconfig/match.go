package sshconfig

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// Match reports whether s matches an OpenSSH pattern: "*" is any text, "?" is
// one character.
func Match(pattern, s string) bool {
	star, mark := -1, 0
	p, i := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p, i = p+1, i+1
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// MatchList reports whether s matches a comma-separated list of patterns. One
// that begins with "!" and matches makes it fail whatever the others say.
func MatchList(list, s string) bool {
	found := false
	for _, p := range strings.Split(list, ",") {
		negated, isNegated := strings.CutPrefix(p, "!")
		if isNegated && Match(negated, s) {
			return false
		}
		found = found || (!isNegated && Match(p, s))
	}
	return found
}

// hostLine decides a "Host" line.
func hostLine(patterns []string, host string) bool {
	found := false
	for _, p := range patterns {
		negated, isNegated := strings.CutPrefix(p, "!")
		if isNegated && Match(negated, host) {
			return false
		}
		found = found || (!isNegated && Match(p, host))
	}
	return found
}

// criteria decides a "Match" line: all of its conditions have to hold. Every
// condition is read even where the line is lost, so that mistakes show.
func (w *walker) criteria(ctx context.Context, args []string) (bool, error) {
	if len(args) == 0 {
		return false, fmt.Errorf("Match needs a condition")
	}
	holds := true
	for i := 0; i < len(args); i++ {
		name, value, hasValue := strings.Cut(args[i], "=")
		name, negated := strings.CutPrefix(name, "!")
		name = strings.ToLower(name)
		var ok bool
		switch name {
		case "all":
			ok = true
		case "canonical", "final":
			ok = w.final
			w.hasFinal = w.hasFinal || name == "final"
		default:
			if !hasValue {
				if i++; i == len(args) {
					return false, fmt.Errorf("Match %s needs an argument", name)
				}
				value = args[i]
			}
			var err error
			if ok, err = w.condition(ctx, name, value, holds); err != nil {
				return false, err
			}
		}
		holds = holds && ok != negated
	}
	return holds, nil
}

// condition decides one condition with an argument. Commands are run only
// where it still matters (holds).
func (w *walker) condition(ctx context.Context, name, value string, holds bool) (bool, error) {
	switch name {
	case "host":
		return MatchList(strings.ToLower(value), strings.ToLower(w.host())), nil
	case "originalhost":
		return MatchList(strings.ToLower(value), strings.ToLower(w.query.Host)), nil
	case "user":
		return MatchList(value, w.user()), nil
	case "localuser":
		return MatchList(value, w.c.o.User), nil
	case "tagged":
		return MatchList(value, w.first("tag")), nil
	case "localnetwork":
		return inLocalNetwork(value)
	case "exec":
		if !holds || w.never {
			return false, nil
		}
		command, err := w.tokens().expand(value, connectionTokens)
		return err == nil && w.c.o.Exec(ctx, command), err
	// Conditions of a session that appimg never has: no command, no version of OpenSSH.
	case "command", "sessiontype", "version":
		return false, nil
	}
	return false, fmt.Errorf("Match does not know the condition %q", name)
}

func inLocalNetwork(list string) (bool, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false, err
	}
	for _, s := range strings.Split(list, ",") {
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			return false, err
		}
		for _, a := range addrs {
			own, err := netip.ParsePrefix(a.String())
			if err == nil && prefix.Contains(own.Addr().Unmap()) {
				return true, nil
			}
		}
	}
	return false, nil
}
