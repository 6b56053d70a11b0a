// Package confd is the template engine of AppCenter images: it reads template
// resources (conf.d/*.toml), fetches the metadata they ask for, renders their
// templates exactly as QingCloud's confd does, and puts the result in its
// place on a machine.
package confd
