package docker

// A ContentError says that what should go into an image cannot: a link that
// leads out of rootfs, a named pipe. It is a defect of the project.
type ContentError struct{ Err error }

func (e *ContentError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *ContentError) Unwrap() error { return e.Err }

// A UsageError says that something was named that cannot be: a reference that
// is none, an output of an unknown kind.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *UsageError) Unwrap() error { return e.Err }
