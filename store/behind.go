package store

import (
	"context"
	"slices"
	"strings"

	"tickmark/review"
)

const (
	// behindMost is how many members of groups are read to tell who is behind one.
	behindMost = 2000
	// behindNames is how many of them are named.
	behindNames = 100
)

// groupNode is a group as exports name it.
type groupNode struct {
	from          int64 // import
	native, login string
}

// behind tells who is in a group that holds something, also by groups in it: everybody once, whichever way they are in it, and
// cycles end (importers.md, trap 38). It knows the memberships this campaign reviews: grants of an entitlement of the group's
// id or login, in the same import, or in another where the id can mean nothing else.
func (p *population) behind(ctx context.Context, it listedItem) (*review.Behind, error) {
	if it.Kind != review.Group {
		return nil, nil
	}
	out := &review.Behind{}
	met := map[groupNode]bool{}
	people := map[string]string{}
	queue := []groupNode{{int64(it.Import), it.Account, it.Login}}
	met[queue[0]] = true
	for read := 0; len(queue) > 0 && !out.More; {
		g := queue[0]
		queue = queue[1:]
		if g.login == "" {
			g.login = g.native
		}
		err := each(ctx, p.db.r, func(scan func(...any) error) error {
			var key, name string
			var kind int64
			var m groupNode
			if err := scan(&key, &name, &kind, &m.native, &m.login, &m.from); err != nil {
				return err
			}
			if read++; read > behindMost {
				out.More = true
				return nil
			}
			if kinds().word(kind) != review.Group {
				people[key] = name
			} else if !met[m] {
				met[m] = true
				queue = append(queue, m)
			}
			return nil
		}, `SELECT DISTINCT s.key, s.name, s.kind, h.native_id, h.login, h.account >> 32
			FROM targets AS t CROSS JOIN item_facets AS x ON x.population = ?1 AND x.facet = ?2 AND x.value = t.id & 4294967295
			CROSS JOIN items AS i ON i.id = x.item CROSS JOIN subjects AS s ON s.id = (?1 << 32) + i.subject CROSS JOIN holders AS h ON h.id = (?1 << 32) + i.holder
			WHERE t.population = ?1 AND t.native_id IN (?3, ?4) AND (t.native_id = ?3 COLLATE BINARY OR t.native_id = ?4 COLLATE BINARY)
			AND (t.entitlement >> 32 = ?5 OR ?6 AND t.native_id = ?3) LIMIT ?7`,
			p.id, int(facetTarget), g.native, g.login, g.from, meansOne(g.native), behindMost+1)
		if err != nil {
			return nil, err
		}
	}
	out.People, out.Groups = int64(len(people)), int64(len(met)-1)
	for key, name := range people {
		if name == "" {
			name = key
		}
		out.Names = append(out.Names, name)
	}
	slices.SortFunc(out.Names, func(a, b string) int { return strings.Compare(review.Fold(a), review.Fold(b)) })
	out.Names = out.Names[:min(len(out.Names), behindNames)]
	return out, nil
}

// meansOne reports whether an id means the same group in every export: an e-mail address, a distinguished name, a SID or a UUID.
func meansOne(id string) bool {
	dashes := strings.Count(id, "-") == 4 && len(id) == 36
	return strings.Contains(id, "@") || strings.Contains(strings.ToUpper(id), ",DC=") || strings.HasPrefix(id, "S-1-") || dashes
}
