-- Facts are long, and a table without rowids keeps whole rows in the upper levels of its tree: a text took twice the reads.
CREATE TABLE facts_by_row (
  hash   BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  text   BLOB NOT NULL,
  signed INTEGER NOT NULL
) STRICT;
INSERT INTO facts_by_row (hash, text, signed) SELECT hash, text, signed FROM facts;
DROP TABLE facts;
ALTER TABLE facts_by_row RENAME TO facts;
CREATE TRIGGER facts_no_update BEFORE UPDATE ON facts
WHEN new.hash <> old.hash OR new.text <> old.text OR new.signed < old.signed
BEGIN SELECT raise(ABORT, 'documents: facts do not change'); END;
CREATE TRIGGER facts_no_delete BEFORE DELETE ON facts WHEN old.signed = 1
BEGIN SELECT raise(ABORT, 'documents: signed facts do not go'); END;
