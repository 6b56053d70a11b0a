package reader

import "strings"

// CronCommands are the commands of a crontab, with their places.
func CronCommands(text string) []Piece {
	var out []Piece
	offset := 0
	for line := range strings.Lines(text) {
		if command, at := cronCommand(line); command != "" {
			out = append(out, Piece{Path: command, Offset: offset + at})
		}
		offset += len(line)
	}
	return out
}

// cronCommand is what a line of a crontab runs: what is behind five fields of
// time (and the user, in the system's own).
func cronCommand(line string) (string, int) {
	body := strings.TrimSpace(line)
	if body == "" || body[0] == '#' || body[0] != '@' && body[0] != '*' && (body[0] < '0' || body[0] > '9') {
		return "", 0
	}
	fields := 5
	if body[0] == '@' {
		fields = 1
	}
	rest := body
	for range fields {
		i := strings.IndexAny(rest, " \t")
		if i < 0 {
			return "", 0
		}
		rest = strings.TrimLeft(rest[i:], " \t")
	}
	if word, after, ok := strings.Cut(rest, " "); ok && !strings.ContainsAny(word, "/.=") {
		if trimmed := strings.TrimSpace(after); strings.HasPrefix(trimmed, "/") || word == "root" {
			rest = trimmed // the user
		}
	}
	return rest, strings.Index(line, rest)
}
