package docker

import "encoding/binary"

// The two messages that go between a build and the engine are read and written
// here by hand: a generated client would bring gRPC and BuildKit along.

// eachField calls f with the number of every field of a protobuf message, and
// with the value of those that have a length (strings, bytes, messages; nil for
// numbers). It stops at the first byte that is no message.
func eachField(raw []byte, f func(number int, value []byte)) {
	for len(raw) > 0 {
		key, n := binary.Uvarint(raw)
		if n <= 0 {
			return
		}
		raw = raw[n:]
		var value []byte
		switch key & 7 {
		case 0:
			if _, n = binary.Uvarint(raw); n <= 0 {
				return
			}
		case 1:
			n = 8
		case 5:
			n = 4
		case 2:
			size, m := binary.Uvarint(raw)
			if m <= 0 || size > uint64(len(raw)-m) {
				return
			}
			value, n = raw[m:m+int(size)], m+int(size)
		default:
			return
		}
		if n > len(raw) {
			return
		}
		raw = raw[n:]
		f(int(key>>3), value)
	}
}

// fieldsOf is the last value of every field that has a length.
func fieldsOf(raw []byte) map[int][]byte {
	out := map[int][]byte{}
	eachField(raw, func(number int, value []byte) { out[number] = value })
	return out
}

// appendString appends a string field.
func appendString(raw []byte, number int, s string) []byte {
	raw = binary.AppendUvarint(raw, uint64(number)<<3|2)
	raw = binary.AppendUvarint(raw, uint64(len(s)))
	return append(raw, s...)
}
