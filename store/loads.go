package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Loads that no living process renews are dead: what they loaded is deleted at the next Open.

const (
	loadImport     = "import"
	loadPopulation = "population"

	beatEvery = 15 * time.Second
	// beatDead is for loads of another host; a process of this one is asked whether it lives.
	beatDead = 2 * time.Minute
	// sweepRows bounds a deletion, so that writers of other processes get their turn.
	sweepRows = 20000
)

// runID names this process beyond its number, which the next process may get again.
var runID = sync.OnceValue(func() string {
	var b [12]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
})

func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "-"
	}
	return name
}

func (tx *Tx) beginLoad(kind string, id int64) error {
	_, err := tx.exec("INSERT INTO loads (kind, id, run, host, pid, beat) VALUES (?, ?, ?, ?, ?, ?)",
		kind, id, runID(), hostName(), os.Getpid(), tx.db.opt.Now().Unix())
	return err
}

func (tx *Tx) endLoad(kind string, id int64) (bool, error) {
	n, err := tx.change("DELETE FROM loads WHERE kind = ? AND id = ?", kind, id)
	return n == 1, err
}

type load struct {
	kind      string
	id        int64
	run, host string
	pid       int
	beat      int64
}

// dead reports whether nobody will go on with the load.
func (l load) dead(now time.Time) bool {
	switch {
	case l.run == runID():
		return false
	case l.host == hostName() && l.pid == os.Getpid():
		return true // an earlier process had our number
	case l.host == hostName() && !processLives(l.pid):
		return true
	}
	return now.Sub(time.Unix(l.beat, 0)) > beatDead
}

func processLives(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer p.Release()
	if runtime.GOOS == "windows" {
		return true // FindProcess opened it
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || !strings.Contains(err.Error(), "finished") && !strings.Contains(err.Error(), "no such process")
}

// clearDeadLoads deletes what a crash left half-loaded.
func (db *DB) clearDeadLoads(ctx context.Context) error {
	var loads []load
	err := each(ctx, db.w, func(scan func(...any) error) error {
		var l load
		if err := scan(&l.kind, &l.id, &l.run, &l.host, &l.pid, &l.beat); err != nil {
			return err
		}
		loads = append(loads, l)
		return nil
	}, "SELECT kind, id, run, host, pid, beat FROM loads")
	if err != nil {
		return db.cannotOpen(err)
	}
	loads = slices.DeleteFunc(loads, func(l load) bool { return !l.dead(db.opt.Now()) })
	// What is not there for anybody to see and nobody loads is nobody's.
	err = each(ctx, db.w, func(scan func(...any) error) error {
		var l load
		err := scan(&l.kind, &l.id)
		loads = append(loads, l)
		return err
	}, `SELECT ?1, id FROM imports WHERE state = 0 AND NOT EXISTS (SELECT 1 FROM loads WHERE kind = ?1 AND id = imports.id)
		UNION ALL SELECT ?2, id FROM populations WHERE state < 2 AND NOT EXISTS (SELECT 1 FROM loads WHERE kind = ?2 AND id = populations.id)`, loadImport, loadPopulation)
	if err != nil {
		return db.cannotOpen(err)
	}
	for _, l := range loads {
		if err := db.sweep(ctx, l.kind, l.id); err != nil {
			return err
		}
	}
	return nil
}

// sweep deletes an unpublished import or an unlaunched population in small transactions, its own row last.
func (db *DB) sweep(ctx context.Context, kind string, id int64) error {
	if err := db.sweepRows(ctx, kind, id); err != nil {
		return err
	}
	remove := "DELETE FROM imports WHERE id = ? AND state = 0"
	if kind == loadPopulation {
		remove = "DELETE FROM populations WHERE id = ? AND state < 2"
	}
	return db.Write(ctx, func(tx *Tx) error {
		if _, err := tx.exec(remove, id); err != nil {
			return err
		}
		_, err := tx.endLoad(kind, id)
		return err
	})
}

// sweepRows empties it.
func (db *DB) sweepRows(ctx context.Context, kind string, id int64) error {
	wide := []string{"grants", "accounts", "entitlements", "resources", "terms", "manners", "extras"}
	if kind == loadPopulation {
		wide = []string{"items", "item_now", "subjects", "subject_data", "holders", "targets", "places", "words"}
	}
	from, to := id<<32, (id+1)<<32
	var steps []string
	for _, t := range wide {
		steps = append(steps, "DELETE FROM "+t+" WHERE id IN (SELECT id FROM "+t+" WHERE id >= ?1 AND id < ?2 LIMIT ?3)")
	}
	if kind == loadImport {
		steps = append(steps, "DELETE FROM grant_keys WHERE import = ?1 >> 32 AND (key, row) IN (SELECT key, row FROM grant_keys WHERE import = ?1 >> 32 AND ?2 > ?1 LIMIT ?3)")
	} else {
		steps = append(steps, "DELETE FROM item_findings WHERE (item, n) IN (SELECT item, n FROM item_findings WHERE item >= ?1 AND item < ?2 LIMIT ?3)",
			"DELETE FROM item_ids WHERE (id, item) IN (SELECT id, item FROM item_ids WHERE item >= ?1 AND item < ?2 LIMIT ?3)",
			"DELETE FROM item_facets WHERE population = ?1 >> 32 AND (facet, value, item) IN (SELECT facet, value, item FROM item_facets WHERE population = ?1 >> 32 AND ?2 > ?1 LIMIT ?3)",
			"DELETE FROM item_tags WHERE population = ?1 >> 32 AND (tag, code, item) IN (SELECT tag, code, item FROM item_tags WHERE population = ?1 >> 32 AND ?2 > ?1 LIMIT ?3)",
			"DELETE FROM tallies WHERE population = ?1 >> 32 AND ?2 > ?1 AND ?3 > 0")
	}
	for _, step := range steps {
		for {
			var n int64
			err := db.Write(ctx, func(tx *Tx) (err error) {
				n, err = tx.change(step, from, to, sweepRows)
				return err
			})
			if err != nil {
				return err
			}
			if n < sweepRows {
				break
			}
		}
	}
	return nil
}
