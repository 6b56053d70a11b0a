package agent

import (
	"path"
	"slices"
	"strings"
)

// WindowsArch is what the platform calls its only agent for Windows.
const WindowsArch = "windows-386"

// platform is the part of a bundle's name that says where it runs.
func platform(arch string) string {
	if arch == WindowsArch {
		return arch
	}
	return "linux-" + arch
}

// Windows reports whether the bundle is for Windows.
func (b Bundle) Windows() bool { return b.Arch == WindowsArch }

// WindowsHome is the agent's folder on Windows, and WindowsService its service
// (the platform's developer guide).
const (
	WindowsHome    = `C:\Program Files (x86)\QingCloud\App Agent`
	WindowsService = "QingCloud_App_Agent"
)

// WindowsFiles is what a Windows machine gets: their paths are below
// WindowsHome, with "/". The platform's bundle has nssm.exe, which makes any
// program a service; our daemon is one by itself.
func (b Bundle) WindowsFiles() []File {
	var out []File
	for _, f := range []File{
		file("bin/confd.exe", 0o755, b.confd),
		file("bin/exec.bat", 0o755, b.exec),
		file("bin/logrotate.ps1", 0o644, b.logrotate),
		file("bin/nssm.exe", 0o755, b.nssm),
		file("confd/conf.d/cmd.info.toml", 0o644, b.infoToml),
		file("confd/templates/cmd.info.tmpl", 0o644, b.infoTmpl),
	} {
		if len(f.Data) > 0 {
			out = append(out, f)
		}
	}
	return out
}

// NSSM reports whether the bundle's daemon is a service only through nssm.exe.
func (b Bundle) NSSM() bool { return len(b.nssm) > 0 }

// archivedForWindows is the content of the zip: the layout of the machine, and
// what installs it.
func (b Bundle) archivedForWindows() []File {
	out := append(b.WindowsFiles(), file("install.bat", 0o755, text("windows/install.bat")))
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// wantedByName is what a bundle for Windows is read from. Where in its folder
// the platform has which file is not known here, so their names decide.
func (b *Bundle) wantedByName() func(name string) *[]byte {
	byName := map[string]*[]byte{
		"confd.exe": &b.confd, "exec.bat": &b.exec, "cmd.info.toml": &b.infoToml, "cmd.info.tmpl": &b.infoTmpl,
		"logrotate.ps1": &b.logrotate, "nssm.exe": &b.nssm,
	}
	return func(name string) *[]byte { return byName[strings.ToLower(path.Base(name))] }
}
