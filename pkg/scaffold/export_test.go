package scaffold

// Escape is the template that renders to text, byte for byte.
func Escape(text string) string { return templateOf([]piece{{text: text}}) }
