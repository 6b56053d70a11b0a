package confd

import "testing"

// A store made with a Memo holds what one made without it holds, for every
// node, below every prefix, whatever the keys share.
func TestMemoChangesNothing(t *testing.T) {
	hosts := map[string]any{"i-1": map[string]any{"ip": "10.0.0.1", "a/../b": "x"}, "i-2": map[string]any{"ip": "10.0.0.2"}}
	var memo Memo
	for _, node := range []string{"i-1", "i-2"} {
		self := map[string]any{
			"host": hosts[node], "hosts": hosts, "leaf": "v", "empty": map[string]any{},
			"list": []any{map[string]any{"name": "n", "k": 1.0}, "two"},
		}
		for _, keys := range [][]string{{"/"}, {"/hosts", "/host"}, {"/", "/hosts/i-1"}, {"/leaf", "/list"}, {"/gone"}, nil} {
			for _, prefix := range []string{"/self", "/"} {
				src := TreeSource(prefix, self)
				want, err := LoadStore(t.Context(), src, prefix, keys)
				if err != nil {
					t.Fatal(err)
				}
				got, err := memo.LoadStore(t.Context(), src, prefix, keys)
				if err != nil {
					t.Fatal(err)
				}
				if !got.Equal(want) {
					t.Errorf("%s %q below %q:\ngot  %v\nwant %v", node, keys, prefix, got.kv.Pairs(), want.kv.Pairs())
				}
			}
		}
	}
}
