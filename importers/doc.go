// Package importers reads entitlement exports: bytes become records, records become accounts and grants.
package importers
