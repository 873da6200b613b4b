package main

import (
	"encoding/json"
	"hash/maphash"
	"strconv"

	"tickmark/desk"
	"tickmark/review"
	"tickmark/spill"
)

// reparsedAccounts keeps, in the order first met, what an account row needs of the accounts of an export that is read
// again, most of it in temporary files.
type reparsedAccounts struct {
	a, b   maphash.Seed
	seen   spill.Numbers
	texts  spill.Texts
	places []uint32       // in texts; 0: see long
	long   map[int][]byte // what texts does not take
}

// reparsedInMemory is how many accounts are told apart without a temporary file.
const reparsedInMemory = 1 << 18

func newReparsedAccounts() *reparsedAccounts {
	k := &reparsedAccounts{a: maphash.MakeSeed(), b: maphash.MakeSeed(), long: map[int][]byte{}}
	k.seen.Open, k.seen.Most = desk.NewScratch, reparsedInMemory
	k.texts.Open = desk.NewScratch
	return k
}

func (k *reparsedAccounts) put(a *review.Account) error {
	n, fresh, err := k.seen.Add(maphash.String(k.a, a.NativeID), uint32(maphash.String(k.b, a.NativeID)))
	if err != nil {
		return err
	}
	b, err := json.Marshal(review.Account{NativeID: a.NativeID, Status: a.Status, Locator: a.Locator, RawSHA256: a.RawSHA256})
	if err != nil {
		return err
	}
	if fresh {
		k.places = append(k.places, 0)
	}
	place := &k.places[n]
	if *place == 0 {
		*place, err = k.texts.Put(b)
	} else {
		*place, err = k.texts.Replace(*place, b)
	}
	delete(k.long, int(n))
	if *place == 0 {
		k.long[int(n)] = b
	}
	return err
}

// each calls f with every account that is a row under review (rulings 3).
func (k *reparsedAccounts) each(f func(*review.Account) error) error {
	for i, place := range k.places {
		b := k.long[i]
		if place != 0 {
			var err error
			if b, err = k.texts.At(place); err != nil {
				return err
			}
		}
		var a review.Account
		if err := json.Unmarshal(b, &a); err != nil {
			return err
		}
		if a.Status == review.Disabled || a.Status == review.Deleted {
			continue
		}
		if a.Locator == "" {
			a.Locator = "account " + strconv.Itoa(i+1)
		}
		if err := f(&a); err != nil {
			return err
		}
	}
	return nil
}

// close forgets everything and ends the temporary files.
func (k *reparsedAccounts) close() {
	k.seen.Close()
	k.texts.Close()
	k.places = nil
	clear(k.long)
}
