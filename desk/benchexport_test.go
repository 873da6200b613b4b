package desk

import (
	"fmt"
	"strings"
)

// benchExport is an export of n grants, ten to an account; the same every time.
func benchExport(n int) []byte {
	var b strings.Builder
	b.WriteString("identity,email,entitlement,resource,status,last_used,granted,department,title,manager\n")
	for i := range n {
		p := i / 10
		e := (i*7919 + p) % 2000
		fmt.Fprintf(&b, "user%d,user%d@corp.example,ROLE_%d,app%d,active,2026-%02d-%02d,2025-%02d-05,D%d,T%d,user%d@corp.example\n", p, p, e, e%40, i%11+1, i%27+1, i%11+1, p%40, p%70, p/10)
	}
	return []byte(b.String())
}
