package doc

import "github.com/appimg/appimg/pkg/validate"

// Owners are the roles that a document belongs to.
type Owners struct {
	Roles []*Role
	Sure  validate.Confidence
	Open  bool    // it is not known: these are all that it may belong to
	Weak  bool    // nothing says more than what lies beside it
	Alone bool    // no other role gets it, even where it renders differently for one
	Idle  []*Role // those of which it is not known what they start, where it is of others
	Start []*Role // those that are known to start the server that it is of
}

// Has reports whether a role is among them; where nobody has asked yet, each is.
func (o *Owners) Has(r *Role) bool {
	if o == nil {
		return true
	}
	for _, own := range o.Roles {
		if own == r {
			return true
		}
	}
	return false
}
