//! Rows as structs, by the names of their columns. By hand: sqlx's derive builds every database driver a second time.

/// Reads each named field off the column of its name.
macro_rules! from_row {
    ($row:ty => $name:ident { $($field:ident),+ $(,)? }) => {
        impl sqlx::FromRow<'_, $row> for $name {
            fn from_row(row: &$row) -> sqlx::Result<Self> {
                use sqlx::Row as _;
                Ok(Self { $($field: row.try_get(stringify!($field))?),+ })
            }
        }
    };
}
pub(crate) use from_row;
