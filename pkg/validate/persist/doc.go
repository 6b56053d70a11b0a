// Package persist has the rule persistent-data-off-volume: what must outlive a
// node's system disk — data, logs, sessions, uploads, state, backups — lies on
// an attached volume.
//
// The rule reads what each role's nodes really get (rendered pairs, files of
// the image, service commands, scripts), each in its own format, collects the
// places where something is put (sites), and judges them against the role's
// mounts, following links and bind mounts. Sub-packages have one purpose each:
// reader reads formats, shell follows scripts, known says what names mean, disk
// where paths lie.
package persist
