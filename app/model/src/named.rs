//! The names of an enum's values: the same in commands, forms and JSON.

/// Implements `ALL`, `name`, `Display` and `FromStr` for an enum. An error names the field, and all names.
macro_rules! named {
    ($type:ident, $field:literal, $($variant:ident = $name:literal),+ $(,)?) => {
        impl $type {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Name in commands, forms and JSON.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::Invalid;

            fn from_str(text: &str) -> Result<Self, $crate::Invalid> {
                let known = Self::ALL.iter().copied().find(|known| known.name() == text);
                known.ok_or_else(|| {
                    let names = Self::ALL.iter().map(|known| known.name()).collect::<Vec<_>>();
                    $crate::Invalid::new($field, text, format!("one of {}", names.join(", ")))
                })
            }
        }
    };
}

pub(crate) use named;
