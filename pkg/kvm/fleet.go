package kvm

import (
	"context"
	"sync"
)

// Each does something for many machines at once, at most parallel at a time,
// and waits for all of them: what one of them does is nothing to the others.
// The results have the order of targets.
func Each[R any](ctx context.Context, targets []Target, parallel int, do func(context.Context, Target) R) []R {
	results := make([]R, len(targets))
	places := make(chan struct{}, max(parallel, 1))
	var all sync.WaitGroup
	for i, t := range targets {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			results[i] = do(ctx, t)
		})
	}
	all.Wait()
	return results
}
