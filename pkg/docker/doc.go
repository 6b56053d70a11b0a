// Package docker makes images out of an app's files and publishes them.
//
// An image is base + agent + rootfs + pairs, one layer each, from the least to
// the most often changed, so that an edited template uploads a few kilobytes.
// Layers are written directly, without an engine; the same input gives the
// same digest on any machine. An engine is asked only where a Dockerfile has
// to be run, or where an image comes from or goes to it.
//
//	b := &docker.Builder{Cache: cache, Progress: show}
//	img, report, err := b.Assemble(ctx, docker.Spec{Base: "scratch", …})
//	digest, err := b.Push(ctx, img, refs)
package docker
