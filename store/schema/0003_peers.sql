-- How many identities of each department and title hold an entitlement, as JSON: [[department, title, how many], …]. NULL where
-- few items name it, or it has too many groups: then they are counted when somebody asks (peercounts.go).
ALTER TABLE targets ADD COLUMN peers TEXT;
