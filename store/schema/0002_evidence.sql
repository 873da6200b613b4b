-- Files that were named as evidence of a control, noted when the record that names them was signed (documents: write-once,
-- hash-checked). bytes is there only where keeping them was asked for; a file that was noted without them may be kept later, as a
-- row of its own.
CREATE TABLE evidence (
  id    INTEGER PRIMARY KEY,
  hash  BLOB NOT NULL CHECK (length(hash) = 32),
  name  TEXT NOT NULL,
  size  INTEGER NOT NULL,
  bytes BLOB CHECK (bytes IS NULL OR length(bytes) = size)
) STRICT;
CREATE UNIQUE INDEX evidence_once ON evidence (hash, bytes IS NULL);
CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence BEGIN SELECT raise(ABORT, 'documents: evidence does not change'); END;
CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence BEGIN SELECT raise(ABORT, 'documents: evidence does not go'); END;
