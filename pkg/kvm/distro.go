package kvm

import (
	"slices"
	"strconv"
	"strings"
)

// identify finds out the distribution: os-release where there is one, else
// lsb-release, else the one line that older systems have.
func (f *Facts) identify(get func(string) string) {
	f.ID, f.Version, f.Name = strings.ToLower(get("os.ID")), get("os.VERSION_ID"), get("os.PRETTY_NAME")
	f.Like = strings.Fields(get("os.ID_LIKE"))
	release := get("release.centos-release")
	if release == "" {
		release = get("release.redhat-release")
	}
	switch {
	case f.ID == "centos" && release != "": // os-release says 7, the line 7.9.2009
		f.Version = versionIn(release)
	case f.ID == "debian" && get("release.debian_version") != "" && versionIn(get("release.debian_version")) != "":
		f.Version = versionIn(get("release.debian_version"))
	case f.ID != "":
	case get("lsb.DISTRIB_ID") != "":
		f.ID, f.Version, f.Name = strings.ToLower(get("lsb.DISTRIB_ID")), get("lsb.DISTRIB_RELEASE"), get("lsb.DISTRIB_DESCRIPTION")
	case release != "":
		f.ID, f.Version, f.Name = firstWord(release), versionIn(release), release
	case get("release.SuSE-release") != "":
		f.Name = get("release.SuSE-release")
		f.ID, f.Version = firstWord(f.Name), versionIn(f.Name)
	case get("release.alpine-release") != "":
		f.ID, f.Version = "alpine", get("release.alpine-release")
		f.Name = "Alpine Linux " + f.Version
	case get("release.debian_version") != "":
		f.ID, f.Version = "debian", get("release.debian_version")
		f.Name = "Debian " + f.Version
	}
	if f.Name == "" && f.ID != "" {
		f.Name = strings.TrimSpace(f.ID + " " + f.Version)
	}
}

// firstWord is the distribution in "CentOS release 6.4 (Final)".
func firstWord(line string) string {
	word, _, _ := strings.Cut(strings.ToLower(line), " ")
	if word == "red" {
		return "rhel"
	}
	return word
}

// versionIn is the first number in "CentOS release 6.4 (Final)".
func versionIn(line string) string {
	for _, w := range strings.Fields(line) {
		if w[0] >= '0' && w[0] <= '9' {
			return w
		}
	}
	return ""
}

// Known reports whether the system is one that appimg knows how to install on,
// by its own name or by one that it says it is like.
func (f *Facts) Known() bool {
	known := []string{
		"debian", "ubuntu", "linuxmint", "deepin", "uos", "centos", "rhel", "redhat", "rocky", "almalinux", "openeuler", "anolis", "ol", "amzn", "kylin", "tencentos", "opencloudos",
		"fedora", "opensuse", "opensuse-leap", "opensuse-tumbleweed", "sles", "suse", "alpine",
	}
	return slices.Contains(known, f.ID) || slices.ContainsFunc(f.Like, func(id string) bool { return slices.Contains(known, id) })
}

// tested is the list of system images in the platform's developer guide.
func tested(id, version string) bool {
	list := map[string][]string{
		"ubuntu": {"12.10", "13.10", "14.04", "16.04"}, "centos": {"6.4", "7"}, "debian": {"7.5"},
		"opensuse": {"12.3"}, "fedora": {"18", "20"},
	}
	return slices.ContainsFunc(list[id], func(v string) bool { return version == v || strings.HasPrefix(version, v+".") })
}

// runsGo reports whether Go programs of today run on a kernel: 3.2 or newer.
func runsGo(kernel string) bool {
	parts := strings.FieldsFunc(kernel, func(r rune) bool { return r < '0' || r > '9' })
	if len(parts) < 2 {
		return true
	}
	major, _ := strconv.Atoi(parts[0]) // digits only
	minor, _ := strconv.Atoi(parts[1])
	return major > 3 || (major == 3 && minor >= 2)
}
