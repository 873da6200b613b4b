package store

import "testing"

func againAsNobody(t *testing.T) { t.Fatal("there is no root here") }
