//! The table of sessions: who is signed in, by the hash of a token. The token itself is with the browser alone.

use model::Time;

use crate::{Db, DbError, database::Statement};

impl Db {
    /// Keeps the hash of a session's token, and forgets the sessions that have expired.
    pub async fn insert_session(&self, hash: &[u8], name: &str, expires: Time) -> Result<(), DbError> {
        let outdated = Statement::new("DELETE FROM sessions WHERE expires_at <= $1").bind(self.now());
        self.database().write(outdated).await?;
        let statement = Statement::new("INSERT INTO sessions (hash, name, expires_at) VALUES ($1, $2, $3)")
            .bind(hash)
            .bind(name)
            .bind(expires);
        self.database().write(statement).await?;
        Ok(())
    }

    /// The name, if the session exists and has not expired.
    pub async fn session(&self, hash: &[u8]) -> Result<Option<String>, DbError> {
        let statement = Statement::new("SELECT name FROM sessions WHERE hash = $1 AND expires_at > $2");
        let rows = self.database().read(statement.bind(hash).bind(self.now())).await?;
        rows.first().map(|row| row.get("name")).transpose()
    }

    pub async fn delete_session(&self, hash: &[u8]) -> Result<(), DbError> {
        self.database().write(Statement::new("DELETE FROM sessions WHERE hash = $1").bind(hash)).await?;
        Ok(())
    }
}
