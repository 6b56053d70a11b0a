package docker

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/appimg/appimg/pkg/diag"
)

// explain adds to a registry's error what to do about it. action is the scope
// of what was attempted.
func (s *session) explain(err error, action string) error {
	host := s.repo.RegistryStr()
	push := action == transport.PushScope
	var te *transport.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &te):
		return s.explainStatus(diag.Saying(err, strings.Replace(err.Error(), te.Error(), answer(te), 1)), te, push)
	case errors.Is(err, errPlainHTTP) || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return diag.WithHint(err, "a registry without TLS must be named: --insecure-registry %s", host)
	case untrusted(err):
		return diag.WithHint(err, "add the certificate of its authority to this machine, or trust it unseen with --insecure-registry %s", host)
	case errors.Is(err, errDamaged):
		return err
	case unreachable(err):
		return diag.WithHint(err, "%s cannot be reached: check the name, the network and HTTPS_PROXY", host)
	case temporary(err):
		return diag.WithHint(err, "the line to %s does not hold; run again, what has arrived is not sent again", host)
	}
	return err
}

func (s *session) explainStatus(err error, te *transport.Error, push bool) error {
	host, repo := s.repo.RegistryStr(), s.repo.Name()
	switch {
	case overQuota(te):
		return diag.WithHint(err, "the registry's quota is used up: remove images from %s, or ask its administrator for more", repo)
	case te.StatusCode == http.StatusRequestEntityTooLarge:
		return diag.WithHint(err, "a layer is larger than %s (or a proxy before it) takes: split rootfs, or have the limit raised", host)
	case te.StatusCode == http.StatusUnauthorized && s.anon:
		return diag.WithHint(err, "docker login %s", host)
	case te.StatusCode == http.StatusUnauthorized || te.StatusCode == http.StatusForbidden:
		return s.explainDenied(err, te, push)
	case te.StatusCode == http.StatusNotFound && push:
		return diag.WithHint(err, "%s has no repository %q: it may have to be created there first", host, s.repo.RepositoryStr())
	case te.StatusCode == http.StatusNotFound && host == PlatformRegistry:
		return diag.WithHint(err, "a name without a host is looked for on %s; Docker Hub's are docker.io/library/NAME or docker.io/OWNER/NAME", host)
	case te.StatusCode == http.StatusNotFound:
		return diag.WithHint(err, "check the name and the tag of %q", repo)
	case te.StatusCode == http.StatusMethodNotAllowed && push:
		return diag.WithHint(err, "%s takes no images: it may be a mirror, or read-only at the moment", host)
	case te.StatusCode == http.StatusTooManyRequests:
		return diag.WithHint(err, "%s asks for a pause: run again later, or docker login %s for a higher limit", host, host)
	case te.StatusCode >= 500:
		return diag.WithHint(err, "%s is in trouble: run again later, what has arrived is not sent again", host)
	}
	return err
}

// answer is what a registry said, without the request and the details for machines.
func answer(te *transport.Error) string {
	var said []string
	for _, d := range te.Errors {
		if text := cmp.Or(d.Message, string(d.Code)); !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	if len(said) == 0 {
		return fmt.Sprintf("the registry answers %d %s", te.StatusCode, http.StatusText(te.StatusCode))
	}
	return fmt.Sprintf("the registry answers %d: %s", te.StatusCode, strings.Join(said, "; "))
}

func (s *session) explainDenied(err error, te *transport.Error, push bool) error {
	host := s.repo.RegistryStr()
	namespace, _, _ := strings.Cut(s.repo.RepositoryStr(), "/")
	switch {
	case push && host == PlatformRegistry:
		err = diag.WithHint(err, "namespaces there are granted by the platform: ask for %q by ticket, or push to one of yours", namespace)
	case push:
		err = diag.WithHint(err, "the account may not push to %s: ask for the right to, or name another repository with --tag", s.repo.Name())
	default:
		err = diag.WithHint(err, "the account may not read %s, or it does not exist", s.repo.Name())
	}
	if te.StatusCode == http.StatusUnauthorized || s.anon {
		err = diag.WithHint(err, "docker login %s", host)
	}
	return err
}

// overQuota recognises a full registry: there is no code of its own for it.
func overQuota(te *transport.Error) bool {
	return te.StatusCode == http.StatusInsufficientStorage || strings.Contains(strings.ToLower(te.Error()), "quota")
}
