//! The table of sessions: signed-in users by the hash of their token. Only the browser has the token itself.

use model::Time;

use crate::{Db, DbError, database::Statement};

impl Db {
    /// Stores the hash of a session's token, and deletes expired sessions.
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

    /// Name of the user, if the session exists and has not expired.
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
