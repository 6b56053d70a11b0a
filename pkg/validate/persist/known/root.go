package known

// Rooted is the server that takes the folder which a setting of a file, or an option of a
// command, names for / from then on; "" where it is no such setting.
func (t *Table) Rooted(file, command, key string) string {
	key, base := last(normal(key)), baseOf(file)
	for _, a := range t.list {
		for _, root := range a.Root {
			if normal(root) == key && a.rank(base, command) > 1 {
				return a.Name
			}
		}
	}
	return ""
}

// CanBeRooted is the server whose file it is, if it is one that can take a folder for /.
func (t *Table) CanBeRooted(file string) string {
	base := baseOf(file)
	for _, a := range t.list {
		if a.Root != nil && a.rank(base, "") == 3 {
			return a.Name
		}
	}
	return ""
}
