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
//
// By file: spec and course of an assembly are in assemble.go, its config in
// config.go, its layers in rootfs.go, layer.go and builder.go, over what the
// base has (tree.go). A base comes from a registry, a folder, an archive or the
// engine: base*.go, layout.go, archive.go, engine.go. The engine runs a
// Dockerfile: dockerfile.go, engine*.go, protobuf.go. An image goes where
// output.go (files, the engine) and push.go bring it. A registry is spoken to by
// registry.go (session), upload.go, retry.go and stall.go, and its refusals are
// put into words by explain.go. What is expensive to get twice is in cache.go.
package docker
