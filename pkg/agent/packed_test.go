package agent

import (
	"bytes"
	"testing"
)

func TestPack(t *testing.T) {
	data := bytes.Repeat([]byte("daemon"), 1000)
	b := New("test", "amd64", data)
	p, err := b.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if p.ID() != b.ID() || p.Confd() != nil {
		t.Errorf("packed: %s with %d bytes, plain: %s", p.ID(), len(p.Confd()), b.ID())
	}
	for _, f := range p.Files() {
		if f.Path != Entrypoint {
			continue
		}
		got, err := f.Packed.Unpack()
		if err != nil || !bytes.Equal(got, data) || f.Packed.Size != int64(len(data)) || f.Packed.SHA256 != sumOf(data) || f.Data != nil {
			t.Errorf("%v, %d bytes, %+v", err, len(got), f.Packed.SHA256)
		}
	}
	again, err := readPacked(p.packed.Gzip)
	if err != nil || again.SHA256 != p.packed.SHA256 || again.Size != p.packed.Size {
		t.Errorf("read again: %+v, %v", again, err)
	}
}

// The two embedded forms are the same daemon.
func TestBuiltinPacked(t *testing.T) {
	for _, arch := range Arches() {
		b, err := Builtin(arch)
		if err != nil {
			t.Skip(err) // TestBuiltin says so
		}
		p, err := BuiltinPacked(arch)
		if err != nil || p.ID() != b.ID() {
			t.Fatalf("%s and %s, %v", p.ID(), b.ID(), err)
		}
		if data, err := p.packed.Unpack(); err != nil || !bytes.Equal(data, b.Confd()) {
			t.Errorf("%s: %d bytes, %v", arch, len(data), err)
		}
	}
}

func FuzzReadPacked(f *testing.F) {
	p, err := NewPacked([]byte("content"), 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.Gzip)
	f.Add(p.Gzip[:20])
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := readPacked(data)
		if err != nil {
			return
		}
		if got, err := p.Unpack(); err == nil && (sumOf(got) != p.SHA256 || int64(len(got)) != p.Size) {
			t.Errorf("%d bytes, %+v", len(got), p)
		}
	})
}
