-- Schema 1. Four sorts of table (see doc.go): ledger, documents, projection, drafts.
--
-- Wide keys: a row of an import is import << 32 | row, an item is campaign << 32 | position, and the dictionaries that
-- belong to one import or campaign count from 1 under the same scheme, so that one number finds the row and a range the
-- whole. Absent text is NULL where nothing sorts by it and '' where something does. Instants of the ledger are whole
-- seconds since 1970; times that sources state are coded as time.go says.

------------------------------------------------------------------------------------------------------------- ledger --

CREATE TABLE entries (
  idx   INTEGER PRIMARY KEY,
  kind  TEXT NOT NULL,
  bytes BLOB NOT NULL,
  leaf  BLOB NOT NULL CHECK (length(leaf) = 32)
) STRICT;

CREATE INDEX entries_anchors ON entries (idx) WHERE kind = 'anchor';

CREATE TABLE head (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  log  TEXT NOT NULL,
  size INTEGER NOT NULL,
  root BLOB NOT NULL,
  tree BLOB NOT NULL          -- the compact tree, enough to append
) STRICT;

CREATE TABLE notes (
  size INTEGER PRIMARY KEY,
  note BLOB NOT NULL
) STRICT;

CREATE TRIGGER entries_only_next BEFORE INSERT ON entries
WHEN new.idx IS NOT (SELECT coalesce(max(idx) + 1, 0) FROM entries)
BEGIN SELECT raise(ABORT, 'ledger: not the next entry'); END;
CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN SELECT raise(ABORT, 'ledger: entries do not change'); END;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries BEGIN SELECT raise(ABORT, 'ledger: entries do not go'); END;
CREATE TRIGGER head_no_delete BEFORE DELETE ON head BEGIN SELECT raise(ABORT, 'ledger: the head does not go'); END;
CREATE TRIGGER head_only_grows BEFORE UPDATE ON head
WHEN new.size < old.size OR new.log <> old.log
BEGIN SELECT raise(ABORT, 'ledger: the head only grows'); END;
CREATE TRIGGER notes_only_grow BEFORE UPDATE ON notes
WHEN new.size <> old.size OR substr(new.note, 1, length(old.note)) <> old.note  -- witnesses add lines
BEGIN SELECT raise(ABORT, 'ledger: notes do not change'); END;
CREATE TRIGGER notes_no_delete BEFORE DELETE ON notes BEGIN SELECT raise(ABORT, 'ledger: notes do not go'); END;

---------------------------------------------------------------------------------------------------------- documents --

CREATE TABLE files (
  id    INTEGER PRIMARY KEY,
  hash  BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  bytes BLOB NOT NULL
) STRICT;
CREATE TRIGGER files_no_update BEFORE UPDATE ON files BEGIN SELECT raise(ABORT, 'documents: files do not change'); END;
CREATE TRIGGER files_no_delete BEFORE DELETE ON files BEGIN SELECT raise(ABORT, 'documents: files do not go'); END;

-- state: 0 loading, 1 there for everybody. Only entry and report change after that: entry once, report as more is known.
CREATE TABLE imports (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  state       INTEGER NOT NULL,
  source      TEXT NOT NULL,
  system      TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  sha256      TEXT NOT NULL DEFAULT '',
  at          INTEGER NOT NULL,
  entry       INTEGER,                -- the statement, once signed
  rows        INTEGER NOT NULL DEFAULT 0,
  counts      TEXT NOT NULL DEFAULT '{}',
  items_root  BLOB,
  rejects     BLOB,
  report      TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX imports_by_source ON imports (source, id);
CREATE UNIQUE INDEX imports_by_entry ON imports (entry) WHERE entry IS NOT NULL;
CREATE TRIGGER imports_no_delete BEFORE DELETE ON imports WHEN old.state = 1
BEGIN SELECT raise(ABORT, 'documents: imports do not go'); END;
CREATE TRIGGER imports_frozen BEFORE UPDATE ON imports
WHEN old.state = 1 AND (new.state <> 1 OR new.source <> old.source OR new.system <> old.system OR new.rows <> old.rows
  OR new.items_root IS NOT old.items_root OR new.rejects IS NOT old.rejects OR new.sha256 <> old.sha256
  OR (old.entry IS NOT NULL AND new.entry IS NOT old.entry))
BEGIN SELECT raise(ABORT, 'documents: imports do not change'); END;

CREATE TABLE accounts (
  id           INTEGER PRIMARY KEY,   -- import << 32 | number in the order first met
  native_id    TEXT NOT NULL,
  identity     TEXT,                  -- ledger identity
  login        TEXT,
  display_name TEXT,
  emails       TEXT,                  -- one by line
  identity_key TEXT,
  kind         TEXT,
  status       TEXT,
  last_login   INTEGER,
  system       TEXT,
  manager      TEXT,
  department   TEXT,
  title        TEXT,
  more         TEXT                   -- what few sources tell, as JSON
) STRICT;

CREATE TABLE entitlements (
  id               INTEGER PRIMARY KEY,
  native_id        TEXT,
  name             TEXT,
  kind             TEXT,
  description      TEXT,
  privilege        TEXT,
  privilege_reason TEXT,
  system           TEXT,              -- only for those nobody holds
  held             INTEGER NOT NULL
) STRICT;

CREATE TABLE resources (
  id        INTEGER PRIMARY KEY,
  native_id TEXT,
  name      TEXT,
  kind      TEXT
) STRICT;

-- Other texts that grants repeat: paths and identities.
CREATE TABLE terms (
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL
) STRICT;

-- How grants are held: what many of them say alike.
CREATE TABLE manners (
  id          INTEGER PRIMARY KEY,
  kind        INTEGER NOT NULL,       -- codes.go
  how         TEXT,
  state       TEXT,
  level       TEXT,
  granted_by  TEXT,
  condition   TEXT,
  irrevocable TEXT
) STRICT;

CREATE TABLE grants (
  id          INTEGER PRIMARY KEY,    -- import << 32 | row
  account     INTEGER NOT NULL,       -- numbers in the dictionaries of the import
  entitlement INTEGER,
  resource    INTEGER,
  path        INTEGER,
  identity    INTEGER,
  manner      INTEGER NOT NULL,
  granted     INTEGER,
  expires     INTEGER,
  last_used   INTEGER,
  times_raw   TEXT,                   -- JSON; only spellings the codes do not give back
  locator     ANY,                    -- a number n is "line n"
  proof       BLOB NOT NULL           -- raw-sha256 and salt
) STRICT;

-- The rows of an import by the first half of their grant key, which is recomputed from the row where it is needed whole.
-- shape tells whether what is known about the grant changed: two 32-bit digests, of the last use in the low half.
CREATE TABLE grant_keys (
  import INTEGER NOT NULL,
  key    BLOB NOT NULL,
  row    INTEGER NOT NULL,
  shape  INTEGER NOT NULL,
  PRIMARY KEY (import, key, row)
) STRICT, WITHOUT ROWID;

-- What an import holds beside accounts and grants, as JSON: codes.go names the kinds.
CREATE TABLE extras (
  id   INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX extras_by_kind ON extras (kind, id);

-- Living loads: whoever does not renew beat is gone, and so is what it loaded.
CREATE TABLE loads (
  kind TEXT NOT NULL,                 -- import, population
  id   INTEGER NOT NULL,
  run  TEXT NOT NULL,                 -- names the process
  host TEXT NOT NULL,
  pid  INTEGER NOT NULL,
  beat INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- state: 0 being prepared, 1 prepared, 2 launched.
CREATE TABLE populations (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  state            INTEGER NOT NULL,
  campaign         TEXT NOT NULL,
  log              TEXT NOT NULL,
  at               INTEGER NOT NULL,
  entry            INTEGER,
  items            INTEGER NOT NULL DEFAULT 0,
  subjects         INTEGER NOT NULL DEFAULT 0,
  stats            TEXT NOT NULL DEFAULT '{}', -- findings, changes and tags counted, as JSON
  population_root  BLOB,
  assignments_root BLOB
) STRICT;
CREATE UNIQUE INDEX populations_launched ON populations (campaign) WHERE state = 2;
CREATE TRIGGER populations_no_delete BEFORE DELETE ON populations WHEN old.state = 2
BEGIN SELECT raise(ABORT, 'documents: populations do not go'); END;
CREATE TRIGGER populations_frozen BEFORE UPDATE ON populations WHEN old.state = 2
BEGIN SELECT raise(ABORT, 'documents: populations do not change'); END;

-- The dictionaries of a population: each entry knows how many items it has, and the least risk of them (launch.go).
-- Sort columns are never NULL; *_fold is NULL where the raw text is plain ASCII.

-- Identities as frozen at launch.
CREATE TABLE subjects (
  id              INTEGER PRIMARY KEY,  -- population << 32 | number
  population      INTEGER NOT NULL,
  key             TEXT NOT NULL COLLATE NOCASE,
  key_fold        TEXT,
  name            TEXT NOT NULL COLLATE NOCASE,
  name_fold       TEXT,
  manager         TEXT NOT NULL COLLATE NOCASE,
  manager_fold    TEXT,
  department      TEXT NOT NULL COLLATE NOCASE,
  department_fold TEXT,
  title           TEXT NOT NULL,
  kind            INTEGER NOT NULL,
  marks           INTEGER,              -- a word
  risk            INTEGER NOT NULL,
  items           INTEGER NOT NULL
) STRICT;
-- The whole identity, apart from what is searched.
CREATE TABLE subject_data (
  id   INTEGER PRIMARY KEY,
  data TEXT NOT NULL                    -- JSON
) STRICT;

CREATE TABLE holders (
  id          INTEGER PRIMARY KEY,
  population  INTEGER NOT NULL,
  account     INTEGER NOT NULL,         -- accounts.id
  native_id   TEXT NOT NULL COLLATE NOCASE,
  native_fold TEXT,
  login       TEXT NOT NULL,
  login_fold  TEXT,
  risk        INTEGER NOT NULL,
  items       INTEGER NOT NULL
) STRICT;

CREATE TABLE targets (
  id          INTEGER PRIMARY KEY,
  population  INTEGER NOT NULL,
  entitlement INTEGER NOT NULL,         -- entitlements.id
  native_id   TEXT NOT NULL COLLATE NOCASE,
  native_fold TEXT,
  name        TEXT NOT NULL,
  name_fold   TEXT,
  risk        INTEGER NOT NULL,
  items       INTEGER NOT NULL
) STRICT;

CREATE TABLE places (
  id          INTEGER PRIMARY KEY,
  population  INTEGER NOT NULL,
  resource    INTEGER NOT NULL,         -- resources.id
  native_id   TEXT NOT NULL COLLATE NOCASE,
  native_fold TEXT,
  risk        INTEGER NOT NULL,
  items       INTEGER NOT NULL
) STRICT;

-- Other texts of a population: owners, reviewers, systems with their sources, sets of marks, ways to hold, rules.
CREATE TABLE words (
  id         INTEGER PRIMARY KEY,
  population INTEGER NOT NULL,
  sort       INTEGER NOT NULL,
  text       TEXT NOT NULL COLLATE NOCASE,
  more       TEXT NOT NULL,             -- of a system its source
  fold       TEXT,
  risk       INTEGER NOT NULL,
  items      INTEGER NOT NULL
) STRICT;

CREATE TABLE items (
  id              INTEGER PRIMARY KEY,  -- population << 32 | position in the population, from 1
  population      INTEGER NOT NULL,
  stage           INTEGER NOT NULL,
  grant           INTEGER NOT NULL,     -- grants.id
  subject         INTEGER NOT NULL,     -- numbers in the dictionaries of the population
  holder          INTEGER NOT NULL,
  target          INTEGER NOT NULL,
  place           INTEGER NOT NULL,     -- one without a name where the grant has no resource
  origin          INTEGER NOT NULL,     -- word: system and source
  owner           INTEGER NOT NULL,     -- word
  how             INTEGER,              -- word
  kind            INTEGER NOT NULL,     -- codes.go
  status          INTEGER NOT NULL,
  account_status  INTEGER NOT NULL,
  grant_kind      INTEGER NOT NULL,
  privilege       INTEGER NOT NULL,
  granted         INTEGER,
  last_used       INTEGER,
  expires         INTEGER,
  severity        INTEGER NOT NULL,
  change          INTEGER NOT NULL,
  risk            INTEGER NOT NULL,     -- order of urgency, least first
  previous        INTEGER,              -- last decision on the grant before launch
  previous_verdict INTEGER NOT NULL,
  reviewer        INTEGER NOT NULL,     -- word
  basis           INTEGER NOT NULL,
  member_salt     BLOB NOT NULL,
  assignment_salt BLOB NOT NULL
) STRICT;

CREATE TABLE item_ids (
  id   INTEGER NOT NULL,                -- first 8 bytes of the item id, big-endian, top bit turned so that order is kept
  item INTEGER NOT NULL,
  PRIMARY KEY (id, item)
) STRICT, WITHOUT ROWID;

-- The indexes of items, in a table of their own because they are written in order once all items are there: as indexes of
-- items they would take most of the time of a launch. facet names the column (facets.go).
CREATE TABLE item_facets (
  population INTEGER NOT NULL,
  facet      INTEGER NOT NULL,
  value      INTEGER NOT NULL,
  item       INTEGER NOT NULL,
  PRIMARY KEY (population, facet, value, item)
) STRICT, WITHOUT ROWID;

-- The rare values of columns with few values (tags.go).
CREATE TABLE item_tags (
  population INTEGER NOT NULL,
  tag        INTEGER NOT NULL,
  code       INTEGER NOT NULL,
  item       INTEGER NOT NULL,
  PRIMARY KEY (population, tag, code, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE item_findings (
  item     INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  rule     INTEGER NOT NULL,            -- word
  version  INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  reason   TEXT NOT NULL,
  PRIMARY KEY (item, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX subjects_by_key ON subjects (population, key);
CREATE INDEX subjects_by_name ON subjects (population, name);
CREATE INDEX subjects_by_manager ON subjects (population, manager);
CREATE INDEX subjects_by_department ON subjects (population, department);
CREATE INDEX subjects_by_risk ON subjects (population, risk, key);
CREATE INDEX holders_by_native_id ON holders (population, native_id);
CREATE INDEX targets_by_native_id ON targets (population, native_id);
CREATE INDEX places_by_native_id ON places (population, native_id);
CREATE INDEX words_by_text ON words (population, sort, text);
CREATE INDEX item_findings_by_rule ON item_findings (rule, item);

-- signed: 1 once an entry names the text; then it stays.
CREATE TABLE facts (
  hash   BLOB PRIMARY KEY CHECK (length(hash) = 32),
  text   BLOB NOT NULL,
  signed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER facts_no_update BEFORE UPDATE ON facts
WHEN new.hash <> old.hash OR new.text <> old.text OR new.signed < old.signed
BEGIN SELECT raise(ABORT, 'documents: facts do not change'); END;
CREATE TRIGGER facts_no_delete BEFORE DELETE ON facts WHEN old.signed = 1
BEGIN SELECT raise(ABORT, 'documents: signed facts do not go'); END;

-- What a published import or a launched population consists of does not change.
CREATE TRIGGER accounts_no_update BEFORE UPDATE ON accounts
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: accounts do not change'); END;
CREATE TRIGGER accounts_no_delete BEFORE DELETE ON accounts
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: accounts do not go'); END;
CREATE TRIGGER entitlements_no_update BEFORE UPDATE ON entitlements
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: entitlements do not change'); END;
CREATE TRIGGER entitlements_no_delete BEFORE DELETE ON entitlements
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: entitlements do not go'); END;
CREATE TRIGGER resources_no_update BEFORE UPDATE ON resources
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: resources do not change'); END;
CREATE TRIGGER resources_no_delete BEFORE DELETE ON resources
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: resources do not go'); END;
CREATE TRIGGER terms_no_update BEFORE UPDATE ON terms
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: terms do not change'); END;
CREATE TRIGGER terms_no_delete BEFORE DELETE ON terms
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: terms do not go'); END;
CREATE TRIGGER manners_no_update BEFORE UPDATE ON manners
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: manners do not change'); END;
CREATE TRIGGER manners_no_delete BEFORE DELETE ON manners
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: manners do not go'); END;
CREATE TRIGGER grants_no_update BEFORE UPDATE ON grants
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: grants do not change'); END;
CREATE TRIGGER grants_no_delete BEFORE DELETE ON grants
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: grants do not go'); END;
CREATE TRIGGER extras_no_update BEFORE UPDATE ON extras
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: extras do not change'); END;
CREATE TRIGGER extras_no_delete BEFORE DELETE ON extras
WHEN (SELECT state FROM imports WHERE id = old.id >> 32) = 1
BEGIN SELECT raise(ABORT, 'documents: extras do not go'); END;
CREATE TRIGGER grant_keys_no_update BEFORE UPDATE ON grant_keys
WHEN (SELECT state FROM imports WHERE id = old.import) = 1
BEGIN SELECT raise(ABORT, 'documents: grant_keys do not change'); END;
CREATE TRIGGER grant_keys_no_delete BEFORE DELETE ON grant_keys
WHEN (SELECT state FROM imports WHERE id = old.import) = 1
BEGIN SELECT raise(ABORT, 'documents: grant_keys do not go'); END;
CREATE TRIGGER subjects_no_update BEFORE UPDATE ON subjects
WHEN (SELECT state FROM populations WHERE id = old.id >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: subjects do not change'); END;
CREATE TRIGGER subjects_no_delete BEFORE DELETE ON subjects
WHEN (SELECT state FROM populations WHERE id = old.id >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: subjects do not go'); END;
CREATE TRIGGER subject_data_no_update BEFORE UPDATE ON subject_data
WHEN (SELECT state FROM populations WHERE id = old.id >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: subject_data do not change'); END;
CREATE TRIGGER subject_data_no_delete BEFORE DELETE ON subject_data
WHEN (SELECT state FROM populations WHERE id = old.id >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: subject_data do not go'); END;
CREATE TRIGGER holders_no_update BEFORE UPDATE ON holders
WHEN (SELECT state FROM populations WHERE id = old.id >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: holders do not change'); END;
CREATE TRIGGER holders_no_delete BEFORE DELETE ON holders
WHEN (SELECT state FROM populations WHERE id = old.id >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: holders do not go'); END;
CREATE TRIGGER targets_no_update BEFORE UPDATE ON targets
WHEN (SELECT state FROM populations WHERE id = old.id >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: targets do not change'); END;
CREATE TRIGGER targets_no_delete BEFORE DELETE ON targets
WHEN (SELECT state FROM populations WHERE id = old.id >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: targets do not go'); END;
CREATE TRIGGER places_no_update BEFORE UPDATE ON places
WHEN (SELECT state FROM populations WHERE id = old.id >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: places do not change'); END;
CREATE TRIGGER places_no_delete BEFORE DELETE ON places
WHEN (SELECT state FROM populations WHERE id = old.id >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: places do not go'); END;
CREATE TRIGGER items_no_update BEFORE UPDATE ON items
WHEN (SELECT state FROM populations WHERE id = old.id >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: items do not change'); END;
CREATE TRIGGER items_no_delete BEFORE DELETE ON items
WHEN (SELECT state FROM populations WHERE id = old.id >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: items do not go'); END;
CREATE TRIGGER item_ids_no_update BEFORE UPDATE ON item_ids
WHEN (SELECT state FROM populations WHERE id = old.item >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: item_ids do not change'); END;
CREATE TRIGGER item_ids_no_delete BEFORE DELETE ON item_ids
WHEN (SELECT state FROM populations WHERE id = old.item >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: item_ids do not go'); END;
CREATE TRIGGER item_facets_no_update BEFORE UPDATE ON item_facets
WHEN (SELECT state FROM populations WHERE id = old.population) = 2
BEGIN SELECT raise(ABORT, 'documents: item_facets do not change'); END;
CREATE TRIGGER item_facets_no_delete BEFORE DELETE ON item_facets
WHEN (SELECT state FROM populations WHERE id = old.population) = 2
BEGIN SELECT raise(ABORT, 'documents: item_facets do not go'); END;
CREATE TRIGGER item_tags_no_update BEFORE UPDATE ON item_tags
WHEN (SELECT state FROM populations WHERE id = old.population) = 2
BEGIN SELECT raise(ABORT, 'documents: item_tags do not change'); END;
CREATE TRIGGER item_tags_no_delete BEFORE DELETE ON item_tags
WHEN (SELECT state FROM populations WHERE id = old.population) = 2
BEGIN SELECT raise(ABORT, 'documents: item_tags do not go'); END;
CREATE TRIGGER item_findings_no_update BEFORE UPDATE ON item_findings
WHEN (SELECT state FROM populations WHERE id = old.item >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: item_findings do not change'); END;
CREATE TRIGGER item_findings_no_delete BEFORE DELETE ON item_findings
WHEN (SELECT state FROM populations WHERE id = old.item >> 32) = 2
BEGIN SELECT raise(ABORT, 'documents: item_findings do not go'); END;

--------------------------------------------------------------------------------------------------------- projection --

CREATE TABLE statements (
  idx      INTEGER PRIMARY KEY,
  kind     TEXT NOT NULL,
  campaign TEXT NOT NULL,
  act      TEXT NOT NULL,               -- of a bundle; the role of a sign-off
  actor    TEXT NOT NULL,               -- of a bundle; else the signer
  records  INTEGER NOT NULL,
  signer   TEXT NOT NULL,
  key      TEXT NOT NULL,
  via      TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  hash     BLOB NOT NULL,               -- of the statement without its signature
  time     INTEGER NOT NULL,
  elapsed  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX statements_by_signer ON statements (signer, seq);
CREATE INDEX statements_by_key ON statements (key);
CREATE INDEX statements_by_campaign ON statements (campaign, idx);

CREATE TABLE rosters (
  idx     INTEGER PRIMARY KEY,
  version INTEGER NOT NULL,
  signers BLOB NOT NULL,
  revoked BLOB
) STRICT;

-- One row per item: who decides now and what holds. verdict is the staged one, else the signed one (rulings 22).
CREATE TABLE item_now (
  id         INTEGER PRIMARY KEY,
  population INTEGER NOT NULL,
  reviewer   INTEGER NOT NULL,          -- word
  decision   INTEGER,                   -- in force
  signed     INTEGER NOT NULL,
  staged     INTEGER NOT NULL,          -- that of the current reviewer, else the newest
  verdict    INTEGER NOT NULL
) STRICT;

-- How many items a reviewer has with this signed and staged verdict: every count of rulings 22 is a sum over it.
CREATE TABLE tallies (
  population INTEGER NOT NULL,
  reviewer   INTEGER NOT NULL,
  signed     INTEGER NOT NULL,
  staged     INTEGER NOT NULL,
  items      INTEGER NOT NULL,
  PRIMARY KEY (population, reviewer, signed, staged)
) STRICT, WITHOUT ROWID;

CREATE INDEX item_now_by_reviewer ON item_now (population, reviewer, verdict);

CREATE TABLE decisions (
  idx           INTEGER PRIMARY KEY,
  item          INTEGER NOT NULL,
  hash          BLOB NOT NULL,          -- item id
  grant_key     BLOB NOT NULL,
  verdict       INTEGER NOT NULL,
  replace       TEXT NOT NULL,
  effective     TEXT NOT NULL,
  until         TEXT NOT NULL,
  owner         TEXT NOT NULL,
  control       TEXT NOT NULL,
  reason        TEXT NOT NULL,
  reviewer      TEXT NOT NULL,
  opened        INTEGER NOT NULL,
  bulk          INTEGER NOT NULL,
  shown         BLOB NOT NULL,
  superseded_by INTEGER,
  bundle        INTEGER NOT NULL
) STRICT;
CREATE INDEX decisions_by_item ON decisions (item);
CREATE INDEX decisions_by_grant ON decisions (grant_key, idx);
CREATE INDEX decisions_to_follow ON decisions (verdict, idx) WHERE superseded_by IS NULL AND verdict IN (2, 3);

CREATE TABLE reassignments (
  idx     INTEGER PRIMARY KEY,
  item    INTEGER NOT NULL,
  giver   TEXT NOT NULL,
  taker   TEXT NOT NULL,
  until   TEXT NOT NULL,
  reason  TEXT NOT NULL,
  manager TEXT NOT NULL,
  bundle  INTEGER NOT NULL
) STRICT;
CREATE INDEX reassignments_by_item ON reassignments (item, idx);

CREATE TABLE closures (
  idx       INTEGER PRIMARY KEY,
  exception INTEGER NOT NULL,
  outcome   TEXT NOT NULL,
  until     TEXT NOT NULL,
  owner     TEXT NOT NULL,
  control   TEXT NOT NULL,
  evidence  BLOB,
  reason    TEXT NOT NULL,
  manager   TEXT NOT NULL,
  bundle    INTEGER NOT NULL
) STRICT;
CREATE INDEX closures_by_exception ON closures (exception, idx);

CREATE TABLE remediations (
  idx      INTEGER PRIMARY KEY,
  decision INTEGER NOT NULL,
  state    TEXT NOT NULL,
  ticket   TEXT NOT NULL,
  done     INTEGER,
  import   INTEGER,                     -- entry
  evidence BLOB,
  note     TEXT NOT NULL,
  manager  TEXT NOT NULL,
  bundle   INTEGER NOT NULL
) STRICT;
CREATE INDEX remediations_by_decision ON remediations (decision, idx);

CREATE TABLE signoffs (
  idx      INTEGER PRIMARY KEY,
  campaign TEXT NOT NULL,
  role     TEXT NOT NULL,
  signer   TEXT NOT NULL,
  items    INTEGER NOT NULL,
  decided  INTEGER NOT NULL,
  time     INTEGER NOT NULL
) STRICT;
CREATE INDEX signoffs_by_campaign ON signoffs (campaign, role, signer);

------------------------------------------------------------------------------------------------------------- drafts --

CREATE TABLE drafts (
  name      TEXT PRIMARY KEY,
  by        TEXT NOT NULL,
  created   INTEGER NOT NULL,
  cancelled INTEGER,
  spec      TEXT NOT NULL
) STRICT;

CREATE TABLE staged (
  id         INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of staging
  by         TEXT NOT NULL,
  item       INTEGER NOT NULL,
  hash       BLOB NOT NULL,             -- item id
  verdict    INTEGER NOT NULL,
  draft      TEXT NOT NULL,
  facts      BLOB NOT NULL,
  supersedes INTEGER NOT NULL,
  at         INTEGER NOT NULL,          -- milliseconds
  act        INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX staged_by_person ON staged (by, item);
CREATE INDEX staged_by_item ON staged (item);
CREATE INDEX staged_by_facts ON staged (facts);

CREATE TABLE staged_acts (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  by       TEXT NOT NULL,
  act      TEXT NOT NULL,
  campaign TEXT NOT NULL,
  item     INTEGER NOT NULL,
  hash     BLOB NOT NULL,               -- item id
  ref      INTEGER NOT NULL,
  what     TEXT NOT NULL,
  payload  TEXT NOT NULL,
  at       INTEGER NOT NULL             -- milliseconds
) STRICT;
CREATE UNIQUE INDEX staged_acts_one ON staged_acts (act, item, ref, by);
CREATE INDEX staged_acts_by_ref ON staged_acts (ref) WHERE ref <> 0;

-- The undo log. A change holds the staged row before and after as JSON, NULL where there was none.
CREATE TABLE acts (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  by     TEXT NOT NULL,
  words  TEXT NOT NULL,
  at     INTEGER NOT NULL,
  undone INTEGER NOT NULL
) STRICT;
CREATE INDEX acts_by_person ON acts (by, undone, id);
CREATE TABLE act_changes (
  act    INTEGER NOT NULL REFERENCES acts (id) ON DELETE CASCADE,
  n      INTEGER NOT NULL,
  item   INTEGER,                       -- of a verdict; NULL for a manager's act
  before TEXT,
  after  TEXT,
  facts  BLOB,                          -- the text that goes with before, so that undo can bring it back
  PRIMARY KEY (act, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE freezes (
  by        TEXT PRIMARY KEY,
  statement BLOB NOT NULL,
  data      TEXT NOT NULL,
  void      TEXT NOT NULL
) STRICT;
CREATE TABLE frozen (
  by   TEXT NOT NULL REFERENCES freezes (by) ON DELETE CASCADE,
  item INTEGER,
  act  INTEGER
) STRICT;
CREATE INDEX frozen_by_person ON frozen (by, item, act);

CREATE TABLE profiles (
  name    TEXT PRIMARY KEY,
  header  TEXT NOT NULL,
  data    TEXT NOT NULL,
  saved   INTEGER NOT NULL
) STRICT;
CREATE INDEX profiles_by_header ON profiles (header, saved);

CREATE TABLE settings (
  principal TEXT NOT NULL,
  name      TEXT NOT NULL,
  value     TEXT NOT NULL,
  PRIMARY KEY (principal, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  principal TEXT NOT NULL,
  data      TEXT NOT NULL
) STRICT;
CREATE INDEX receipts_by_person ON receipts (principal, id);

CREATE TABLE seen (
  principal TEXT PRIMARY KEY,
  size      INTEGER NOT NULL,
  root      BLOB NOT NULL,
  at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
