package validate

import (
	"encoding/json"
	"fmt"
)

// Severity says what a finding means for the one who reads it.
type Severity int

// The severities, rising. Off is for rules that are switched off.
const (
	Off     Severity = iota
	Info             // worth knowing, or a guess
	Warning          // wrong, but the deployment survives it; or probably wrong
	Error            // the deployment fails, or data is lost
)

// String is the word that people and configuration use.
func (s Severity) String() string {
	return [...]string{"off", "info", "warning", "error"}[s]
}

// MarshalJSON writes the word.
func (s Severity) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalJSON reads the word.
func (s *Severity) UnmarshalJSON(data []byte) error {
	var word string
	if err := json.Unmarshal(data, &word); err != nil {
		return err
	}
	parsed, err := ParseSeverity(word)
	*s = parsed
	return err
}

// ParseSeverity reads "off", "info", "warning" or "error".
func ParseSeverity(word string) (Severity, error) {
	for s := Off; s <= Error; s++ {
		if s.String() == word {
			return s, nil
		}
	}
	return Off, fmt.Errorf("%q is none of off, info, warning, error", word)
}

// ParseFailOn reads what may make a run fail: "error", "warning" or "info".
func ParseFailOn(word string) (Severity, error) {
	s, err := ParseSeverity(word)
	if err != nil || s == Off {
		return Off, fmt.Errorf("%q is none of error, warning, info", word)
	}
	return s, nil
}

// Confidence says how sure a rule is of a finding.
type Confidence string

// The confidences. What is read off a file as it stands is Certain.
const (
	Certain Confidence = "certain"
	Likely  Confidence = "likely"
	Guess   Confidence = "guess"
)
