package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"regexp"
	"strings"

	"tickmark/review"
)

// Granters tells who is behind the names an import gives for who granted access: the ledger identity of the account whose
// native id or login that is, by name in lower case. Accounts of the import itself are asked first; those of the imports
// beside it only for names that are unique everywhere, because 1001 is somebody else in the next system.
func (db *DB) Granters(ctx context.Context, of review.ImportID, beside []review.ImportID) (map[string]string, error) {
	behind := map[string]string{}
	var names, unique []string
	everywhere := uniqueEverywhere()
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, strings.ToLower(name))
		if everywhere.MatchString(name) {
			unique = append(unique, strings.ToLower(name))
		}
		return err
	}, "SELECT DISTINCT granted_by FROM manners WHERE id > ?1 << 32 AND id < (?1 + 1) << 32 AND granted_by IS NOT NULL", of)
	if err != nil {
		return nil, err
	}
	if err := db.accountsNamed(ctx, of, names, behind); err != nil {
		return nil, err
	}
	for _, id := range beside {
		if id == of {
			continue
		}
		if err := db.accountsNamed(ctx, id, unique, behind); err != nil {
			return nil, err
		}
	}
	return behind, nil
}

// accountsNamed adds the identities of an import's accounts with one of these native ids or logins; what is known stays.
func (db *DB) accountsNamed(ctx context.Context, id review.ImportID, names []string, behind map[string]string) error {
	if len(names) == 0 {
		return nil
	}
	set, err := json.Marshal(names)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	return each(ctx, db.r, func(scan func(...any) error) error {
		var native string
		var login, identity sql.NullString
		if err := scan(&native, &login, &identity); err != nil {
			return err
		}
		for _, name := range [2]string{strings.ToLower(native), strings.ToLower(login.String)} {
			if wanted[name] && behind[name] == "" {
				behind[name] = identity.String
			}
		}
		return nil
	}, `SELECT native_id, login, identity FROM accounts WHERE id > ?1 << 32 AND id < (?1 + 1) << 32 AND identity IS NOT NULL
		AND (lower(native_id) IN (SELECT value FROM json_each(?2)) OR lower(login) IN (SELECT value FROM json_each(?2))
			OR native_id GLOB ?3 OR login GLOB ?3)`, id, string(set), beyondASCII) // lower knows ASCII letters alone
}

// beyondASCII is what a text with any letter beyond ASCII fits.
const beyondASCII = "*[^\x01-~]*"

// uniqueEverywhere matches a native id that means the same thing in every system: a UUID or an ARN.
func uniqueEverywhere() *regexp.Regexp {
	return regexp.MustCompile(`^(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|arn:.+)$`)
}
