package known

// Kind is what lies at a path.
type Kind string

// The kinds. None is what need not last.
const (
	Unknown Kind = ""
	Data    Kind = "data"
	Log     Kind = "log"
	Session Kind = "session"
	Upload  Kind = "upload"
	State   Kind = "state"
	Backup  Kind = "backup"
	None    Kind = "none"
)

// Meaning is what a setting's name says.
type Meaning struct {
	Kind   Kind
	Key    string // the table's own key for it
	App    string // whose setting it is, where the table knows it
	Here   bool   // of a setting of the table: a plain name lies in the folder that the server runs in
	Never  bool   // of a guess: no path of this machine is meant, whatever it looks like
	Output bool   // of a guess: something is written there
	Place  bool   // of a guess by words: the name says that a place is meant (…_dir, …_file)
}

// Sure reports whether the table knows the setting.
func (m Meaning) Sure() bool { return m.App != "" }
