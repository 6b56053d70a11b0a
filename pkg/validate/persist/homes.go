package persist

import "path"

// home are the roles of a pair whose conf.d lies in a folder that is called like
// them, as others' do: cluster/jobmanager/code/conf.d is the job manager's alone,
// whatever other roles' commands may seem to name in it. nil where it does not tell.
func (a *attribution) home(d *doc) []*role {
	if d.pair == nil || d.command {
		return nil
	}
	if a.homes == nil {
		a.findHomes()
	}
	return a.homes[pairFolder(d)]
}

// pairFolder is the folder with the conf.d and templates of a pair.
func pairFolder(d *doc) string { return path.Dir(path.Dir(d.rel)) }

// findHomes decides for all folders at once: two that are called like different
// roles show that folders are called like roles here.
func (a *attribution) findHomes() {
	a.homes = map[string][]*role{}
	found := map[string][]*role{}
	for _, d := range a.j.docs {
		if dir := pairFolder(d); d.pair != nil && !d.command && found[dir] == nil {
			if some := a.calledAbove(dir); some != nil {
				found[dir] = some
			}
		}
	}
	apart := false
	for _, one := range found {
		for _, other := range found {
			apart = apart || len(both(one, other)) == 0
		}
	}
	if apart {
		a.homes = found
	}
}

// calledAbove are the roles that dir, or the nearest folder above that tells, is called like.
func (a *attribution) calledAbove(dir string) []*role {
	for ; dir != "." && dir != "/"; dir = path.Dir(dir) {
		if some := a.like(path.Base(dir)); some != nil {
			return some
		}
		if some := a.hinted([]string{path.Base(dir)}); some != nil {
			return some
		}
	}
	return nil
}
