// Package gather reads an app: what its roles' nodes get, and the repository, as
// documents.
//
// Documents (gathering.go) takes pairs as each role gets them (rendered.go): those
// that fail with what they lack made up (repair.go), those that do not parse without
// what does not (mend.go), and all with other values of the parameters that they
// hang on (vary.go); the commands of roles and pairs (commands.go); and the files of
// the repository that may say something (files.go), with where they lie on a node
// (nodepath.go). Whose they are and what they say is not asked here.
package gather
