package docker

import (
	"context"
	"sync"
)

// forEach runs f on every item, jobs at a time; the first error stops the rest
// and is the one that is returned.
func forEach[T any](ctx context.Context, jobs int, items []T, f func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	free := make(chan struct{}, jobs)
	var wg sync.WaitGroup
	for _, item := range items {
		free <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-free }()
			if err := f(ctx, item); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func indexes[T any](list []T) []int {
	out := make([]int, len(list))
	for i := range out {
		out[i] = i
	}
	return out
}
