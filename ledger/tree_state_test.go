package ledger

import "testing"

func TestTreeStateContinues(t *testing.T) {
	var whole Tree
	for i := range 70 {
		b, err := whole.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var again Tree
		if err := again.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		leaf := LeafHash([]byte{byte(i)})
		whole.Append(leaf)
		again.Append(leaf)
		if whole.Head() != again.Head() {
			t.Fatalf("after %d leaves the restored tree differs", i+1)
		}
	}
}

func TestTreeStateRefusesNonsense(t *testing.T) {
	for _, b := range [][]byte{nil, make([]byte, 7), {0, 0, 0, 0, 0, 0, 0, 1}, {0xff, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 40)} {
		if new(Tree).UnmarshalBinary(b) == nil {
			t.Errorf("% x is taken for a tree", b)
		}
	}
}
