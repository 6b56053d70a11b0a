package server

import (
	"strconv"
	"strings"
)

// format is how an answer is written.
type format int

const (
	asText format = iota
	asJSON
	asYAML
)

// contentType is the Content-Type of a successful answer.
func (f format) contentType() string {
	return [...]string{"text/plain", "application/json", "application/yaml"}[f]
}

// offer is a media type that clients may ask for, in the server's order of preference.
type offer struct {
	media string
	format
}

func offers() [6]offer {
	return [...]offer{
		{"text/plain", asText}, {"application/json", asJSON}, {"application/yaml", asYAML},
		{"application/x-yaml", asYAML}, {"text/yaml", asYAML}, {"text/x-yaml", asYAML},
	}
}

// accepted is one media range of an Accept header.
type accepted struct {
	media string // lower case
	q     float64
}

// negotiate is the format that the Accept headers want. The best q wins; at
// equal q a type beats type/*, which beats */*; then the server's order decides.
func negotiate(headers []string) format {
	if len(headers) == 1 && headers[0] == "application/json" { // what every confd sends
		return asJSON
	}
	var ranges []accepted
	for _, h := range headers {
		ranges = append(ranges, parseAccept(h)...)
	}
	best, bestQ, bestFit := asText, 0.0, 0
	for _, o := range offers() {
		for _, a := range ranges {
			fit := a.fit(o.media)
			if fit > 0 && (a.q > bestQ || a.q == bestQ && fit > bestFit) {
				best, bestQ, bestFit = o.format, a.q, fit
			}
		}
	}
	return best
}

// fit is how exactly the range names media: 0 not at all, 3 by name.
func (a accepted) fit(media string) int {
	switch kind, wild := strings.CutSuffix(a.media, "/*"); {
	case a.q == 0:
		return 0
	case a.media == media:
		return 3
	case a.media == "*/*":
		return 1
	case wild && strings.HasPrefix(media, kind+"/"):
		return 2
	default:
		return 0
	}
}

// parseAccept reads one Accept header. As in the original, the first range
// that is empty or has a malformed q ends it; other parameters mean nothing.
func parseAccept(header string) []accepted {
	var ranges []accepted
	for item := range strings.SplitSeq(header, ",") {
		media, params, _ := strings.Cut(item, ";")
		a := accepted{strings.ToLower(strings.TrimSpace(media)), 1}
		var ok bool
		if a.q, ok = quality(params); !ok || a.media == "" {
			break
		}
		ranges = append(ranges, a)
	}
	return ranges
}

// quality is the q of a range's parameters, 1 without.
func quality(params string) (q float64, ok bool) {
	q = 1
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		value = strings.TrimSpace(value)
		whole, fraction, _ := strings.Cut(value, ".")
		if whole != "0" && whole != "1" || strings.Trim(fraction, "0123456789") != "" {
			return 0, false
		}
		q, _ = strconv.ParseFloat(value, 64)
	}
	return q, true
}
