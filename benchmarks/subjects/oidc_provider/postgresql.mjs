// Storage of oidc-provider on PostgreSQL. One row a record; every statement is prepared once in
// each connection and is a transaction of its own, durable by the server's own defaults.

import pg from 'pg';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS record (
    id text NOT NULL,
    model text NOT NULL,
    payload json NOT NULL,
    grant_id text,
    uid text,
    user_code text,
    consumed_at bigint,
    expires_at bigint,
    PRIMARY KEY (id, model)
  );
  CREATE INDEX IF NOT EXISTS record_grant ON record (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_uid ON record (uid) WHERE uid IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_user_code ON record (user_code) WHERE user_code IS NOT NULL;
`;

const FIND = 'SELECT payload, consumed_at FROM record WHERE';
const STATEMENTS = {
  upsert: `
    INSERT INTO record (id, model, payload, grant_id, uid, user_code, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (id, model) DO UPDATE SET payload = $3, expires_at = $7`,
  find: `${FIND} id = $1 AND model = $2`,
  findByUid: `${FIND} uid = $1 AND model = $2`,
  findByUserCode: `${FIND} user_code = $1 AND model = $2`,
  consume: 'UPDATE record SET consumed_at = $3 WHERE id = $1 AND model = $2',
  destroy: 'DELETE FROM record WHERE id = $1 AND model = $2',
  revokeByGrantId: 'DELETE FROM record WHERE grant_id = $1 AND model = $2',
};

export async function open(url) {
  const pool = new pg.Pool({ connectionString: url });
  await pool.query(SCHEMA);
  const run = (name, ...values) => pool.query({ name, text: STATEMENTS[name], values });

  return class Adapter {
    constructor(model) {
      this.model = model;
    }

    async upsert(id, payload, expiresIn) {
      const { grantId, uid, userCode } = payload;
      const expiresAt = expiresIn ? now() + expiresIn : null;
      await run('upsert', id, this.model, JSON.stringify(payload), grantId, uid, userCode, expiresAt);
    }

    async find(id) {
      return read(await run('find', id, this.model));
    }

    async findByUid(uid) {
      return read(await run('findByUid', uid, this.model));
    }

    async findByUserCode(userCode) {
      return read(await run('findByUserCode', userCode, this.model));
    }

    async consume(id) {
      await run('consume', id, this.model, now());
    }

    async destroy(id) {
      await run('destroy', id, this.model);
    }

    async revokeByGrantId(grantId) {
      await run('revokeByGrantId', grantId, this.model);
    }
  };
}

function read({ rows: [row] }) {
  return row && (row.consumed_at ? { ...row.payload, consumed: true } : row.payload);
}

function now() {
  return Math.floor(Date.now() / 1000);
}
