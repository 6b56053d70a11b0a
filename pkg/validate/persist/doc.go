// Package persist has the rule persistent-data-off-volume: what must outlive a
// node's system disk — data, logs, sessions, uploads, state, backups — lies on
// an attached volume.
//
// The rule reads what each role's nodes really get (rendered pairs, files of
// the image, service commands, scripts), each in its own format, collects the
// places where something is put (sites), and judges them against the role's
// mounts, following links and bind mounts. Sub-packages have one purpose each:
// reader reads formats, ansible what stands in playbooks, shell follows scripts,
// known says what names mean, disk where paths lie, doc has documents and roles,
// gather reads an app as documents, owner says whose a document is.
//
// In the order in which a run passes through them, from rule.go and project.go
// on, the files hold:
//
//   - what is read: the documents of package gather, for the app's roles (roles.go),
//     with what playbooks say of them (ansible.go);
//   - whose a document is: collect.go asks package owner, with the walks of walks.go;
//   - what a document says (collect.go): scripts (scripts.go, walks.go,
//     lent.go, linked.go, written.go, records.go, uploads.go, once.go, accounts.go), settings
//     (settings.go, pointed.go, installed.go, started.go, defaults.go, told.go, shown.go, heeded.go,
//     relative.go, rooted.go, spare.go, served.go), images and containers (dockerfile.go,
//     compose.go, engine.go, images.go, inside.go, kubernetes.go), recipes
//     (playbook.go, makefile.go), python.go and javascript.go; with other values of
//     parameters varied.go;
//   - which sites are off the volumes (site.go, judge.go, lists.go, absent.go), whose role runs
//     what they are of (whose.go, doers.go), and how they are told (report.go).
package persist
