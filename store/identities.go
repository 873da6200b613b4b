package store

import (
	"cmp"

	"tickmark/spill"
)

// identities keeps the ledger identities of an import's accounts, most of them in a temporary file where they are many.
type identities struct {
	texts  spill.Texts
	places []uint32          // in texts, by account number - 1; 0: see long
	long   map[uint32]string // what texts does not take
	most   int               // of a dictionary, see ImportStart.InMemory
}

// identitiesMemory is how many bytes of identities stay in memory: those of some 400,000 accounts.
const identitiesMemory = 16 << 20

func newIdentities(inMemory int) *identities {
	return &identities{texts: spill.Texts{Open: spillFile, Memory: cmp.Or(inMemory<<10, identitiesMemory)}, long: map[uint32]string{}, most: inMemory}
}

// set keeps the identity of account n, which is the next one or one of those before.
func (k *identities) set(n uint32, text string) error {
	if int(n) > len(k.places) {
		k.places = append(k.places, 0)
	}
	place := &k.places[n-1]
	var err error
	if *place == 0 {
		*place, err = k.texts.Put([]byte(text))
	} else {
		*place, err = k.texts.Replace(*place, []byte(text))
	}
	if err != nil {
		return spillError(err)
	}
	if *place == 0 {
		k.long[n] = string([]byte(text)) // it may be a part of a whole record
	}
	return nil
}

func (k *identities) of(n uint32) (string, error) {
	place := k.places[n-1]
	if place == 0 {
		return k.long[n], nil
	}
	b, err := k.texts.At(place)
	if err != nil {
		return "", spillError(err)
	}
	return string(b), nil
}

// distinct counts the different identities.
func (k *identities) distinct() (int64, error) {
	people := newSpilledDict(k.most)
	defer people.close()
	for i := range k.places {
		text, err := k.of(uint32(i + 1))
		if err != nil {
			return 0, err
		}
		if text != "" {
			people.number(text)
		}
	}
	return int64(people.len()), people.err
}

func (k *identities) close() { k.texts.Close() }
