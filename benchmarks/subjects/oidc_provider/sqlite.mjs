// Storage of oidc-provider on SQLite, in the way the PostgreSQL one is written and with the
// durability Signet has: write-ahead log, every commit synchronised.

import Database from 'better-sqlite3';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS record (
    id TEXT NOT NULL,
    model TEXT NOT NULL,
    payload TEXT NOT NULL,
    grant_id TEXT,
    uid TEXT,
    user_code TEXT,
    consumed_at INTEGER,
    expires_at INTEGER,
    PRIMARY KEY (id, model)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS record_grant ON record (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_uid ON record (uid) WHERE uid IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_user_code ON record (user_code) WHERE user_code IS NOT NULL;
`;

const FIND = 'SELECT payload, consumed_at FROM record WHERE';
const STATEMENTS = {
  upsert: `
    INSERT INTO record (id, model, payload, grant_id, uid, user_code, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id, model) DO UPDATE SET
      payload = excluded.payload, expires_at = excluded.expires_at`,
  find: `${FIND} id = ? AND model = ?`,
  findByUid: `${FIND} uid = ? AND model = ?`,
  findByUserCode: `${FIND} user_code = ? AND model = ?`,
  consume: 'UPDATE record SET consumed_at = ? WHERE id = ? AND model = ?',
  destroy: 'DELETE FROM record WHERE id = ? AND model = ?',
  revokeByGrantId: 'DELETE FROM record WHERE grant_id = ? AND model = ?',
};

export async function open(file) {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(SCHEMA);
  const prepared = Object.fromEntries(
    Object.entries(STATEMENTS).map(([name, text]) => [name, database.prepare(text)]),
  );

  return class Adapter {
    constructor(model) {
      this.model = model;
    }

    async upsert(id, payload, expiresIn) {
      const { grantId = null, uid = null, userCode = null } = payload;
      const expiresAt = expiresIn ? now() + expiresIn : null;
      const content = JSON.stringify(payload);
      prepared.upsert.run(id, this.model, content, grantId, uid, userCode, expiresAt);
    }

    async find(id) {
      return read(prepared.find.get(id, this.model));
    }

    async findByUid(uid) {
      return read(prepared.findByUid.get(uid, this.model));
    }

    async findByUserCode(userCode) {
      return read(prepared.findByUserCode.get(userCode, this.model));
    }

    async consume(id) {
      prepared.consume.run(now(), id, this.model);
    }

    async destroy(id) {
      prepared.destroy.run(id, this.model);
    }

    async revokeByGrantId(grantId) {
      prepared.revokeByGrantId.run(grantId, this.model);
    }
  };
}

function read(row) {
  if (!row) return undefined;
  const payload = JSON.parse(row.payload);
  return row.consumed_at ? { ...payload, consumed: true } : payload;
}

function now() {
  return Math.floor(Date.now() / 1000);
}
