package inventory_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/inventory"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ names, want string }{
		{"", ""},
		{"web1", "web1"},
		{"web1 web2", "web1,web2"},
		{"web1 web2 web3", "web[1-3]"},
		{"web10 web9 db web8 web11", "web[8-11],db"},
		{"n08.x n09.x n10.x n11.y n12.x", "n[08-10].x,n12.x,n11.y"},
		{"n8 n09 n10", "n8,n09,n10"},
		{"10.0.0.1 10.0.0.2 10.0.0.3 10.0.1.4", "10.0.0.[1-3],10.0.1.4"},
		{"a1.eu2 a2.eu2 a3.eu2", "a[1-3].eu2"},
		{"x99999999999 x99999999998 x1", "x99999999999,x99999999998,x1"},
		{"a b c", "a,b,c"},
	} {
		if got := inventory.Fold(strings.Fields(c.names)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.names, got, c.want)
		}
	}
}

// What Fold writes is a pattern of the same hosts.
func TestFoldIsAPattern(t *testing.T) {
	var names []string
	for i := range 120 {
		if i%7 != 0 {
			names = append(names, fmt.Sprintf("n%02d.example", i), fmt.Sprintf("10.1.0.%d", i))
		}
	}
	inv, err := (&inventory.Loader{}).Load(context.Background(), []string{strings.Join(names, ",") + ",other1,n07.example"})
	if err != nil {
		t.Fatal(err)
	}
	hosts, err := inv.Select(inventory.Fold(names), inventory.Last{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range hosts {
		got = append(got, h.Name)
	}
	if !slices.Equal(got, names) {
		t.Errorf("got %v, want %v", got, names)
	}
}
