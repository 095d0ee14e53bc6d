//! Reads single settings out of TOML and environment.
//!
//! A setting is read once, by section and key: from the environment (`LOGYARD_SECTION_KEY`), else from the file, with
//! `${VAR}` expanded. A key that no code has read is unknown, so the list of known keys is the code that reads them.

#[cfg(test)]
use std::{cell::RefCell, collections::BTreeSet};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::error::{At, ConfigError};

#[cfg(test)]
thread_local! {
    /// Every key that this thread has read, for the test that compares them with the documentation.
    pub static KEYS: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Looks up an environment variable. A function, so that tests need not change the process's own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A parsed file and the environment.
pub struct Source<'a> {
    pub file: &'a Path,
    pub text: &'a str,
    pub environment: Environment<'a>,
}

/// A table of the file: `[server]`, one of the `[[stores]]`, or the file itself.
pub struct Section<'a> {
    source: &'a Source<'a>,
    /// `server`, `stores`; empty for the file itself.
    name: &'static str,
    /// Offset of its start, for errors about missing keys.
    start: usize,
    table: Option<&'a DeTable<'a>>,
    overridable: bool,
    asked: Vec<&'static str>,
}

/// A value as text, and its place.
struct Written {
    at: At,
    text: String,
}

impl<'a> Source<'a> {
    pub fn parse(&self) -> Result<Spanned<DeTable<'a>>, ConfigError> {
        DeTable::parse(self.text).map_err(|error| ConfigError::Syntax {
            at: self.at(error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })
    }

    pub fn root(&'a self, table: &'a DeTable<'a>) -> Section<'a> {
        Section { source: self, name: "", start: 0, table: Some(table), overridable: false, asked: Vec::new() }
    }

    pub fn at(&self, offset: usize) -> At {
        let before = self.text.get(..offset).unwrap_or_default();
        At::Line(PathBuf::from(self.file), 1 + before.matches('\n').count())
    }

    /// Replaces each `${VAR}`. There is no escape, because no setting needs one.
    fn expand(&self, at: &At, key: &str, text: &str) -> Result<String, ConfigError> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((variable, after)) = after.split_once('}') else {
                return Err(ConfigError::Unclosed { at: at.clone(), key: key.to_owned() });
            };
            let Some(value) = (self.environment)(variable) else {
                let (key, variable) = (key.to_owned(), variable.to_owned());
                return Err(ConfigError::Unset { at: at.clone(), key, variable });
            };
            out.push_str(before);
            out.push_str(&value);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

impl<'a> Section<'a> {
    /// A `[name]` table. Empty if the file has none: the environment may still set its keys.
    pub fn section(&mut self, name: &'static str) -> Result<Section<'a>, ConfigError> {
        let (start, table) = match self.take(name) {
            None => (0, None),
            Some(value) => match value.get_ref() {
                DeValue::Table(table) => (value.span().start, Some(table)),
                _ => return Err(self.shape(value, name, "a table: write [name] on a line of its own")),
            },
        };
        Ok(Section { source: self.source, name, start, table, overridable: true, asked: Vec::new() })
    }

    /// A table inside an entry of a list, such as `[pipelines.alerts]`. The environment cannot set its keys.
    pub fn table(&mut self, name: &'static str) -> Result<Option<Section<'a>>, ConfigError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.shape(value, name, "a table: write it on a line of its own, after the keys of its entry"));
        };
        let start = value.span().start;
        let (source, table) = (self.source, Some(table));
        Ok(Some(Section { source, name, start, table, overridable: false, asked: Vec::new() }))
    }

    /// The `[[name]]` tables in their order. The environment cannot set their keys: a list has no fixed names.
    pub fn sections(&mut self, name: &'static str) -> Result<Vec<Section<'a>>, ConfigError> {
        const EXPECTED: &str = "a list of tables: write [[name]] on a line of its own";
        let Some(value) = self.take(name) else { return Ok(Vec::new()) };
        let DeValue::Array(entries) = value.get_ref() else { return Err(self.shape(value, name, EXPECTED)) };
        let mut sections = Vec::new();
        for entry in entries {
            let DeValue::Table(table) = entry.get_ref() else { return Err(self.shape(entry, name, EXPECTED)) };
            sections.push(Section {
                source: self.source,
                name,
                start: entry.span().start,
                table: Some(table),
                overridable: false,
                asked: Vec::new(),
            });
        }
        Ok(sections)
    }

    /// True if the file or the environment says anything in this section.
    pub fn present(&self, keys: &[&str]) -> bool {
        self.table.is_some() || keys.iter().any(|key| (self.source.environment)(&self.variable(key)).is_some())
    }

    /// A setting, `None` if nowhere set. `parse` answers `None` for what is not `expected`.
    pub fn get<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(Written { at, text }) = self.written(key)? else { return Ok(None) };
        let refused = || ConfigError::Value { at, key: self.dotted(key), value: Some(text.clone()), expected };
        parse(&text).map(Some).ok_or_else(refused)
    }

    /// The same for what may be a secret: the value is kept out of the error.
    pub fn get_secret<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        self.get(key, expected, parse).map_err(|error| match error {
            ConfigError::Value { at, key, expected, .. } => ConfigError::Value { at, key, value: None, expected },
            other => other,
        })
    }

    /// The texts of a table whose keys are anybody's, such as `labels = { team = "edge" }`.
    pub fn texts(&mut self, key: &'static str) -> Result<BTreeMap<String, String>, ConfigError> {
        const EXPECTED: &str = "a table of texts such as { team = \"edge\" }";
        let Some(value) = self.take(key) else { return Ok(BTreeMap::new()) };
        let DeValue::Table(table) = value.get_ref() else { return Err(self.shape(value, key, EXPECTED)) };
        let mut texts = BTreeMap::new();
        for (name, value) in table {
            let name = name.get_ref().to_string();
            let dotted = format!("{key}.{name}");
            let DeValue::String(text) = value.get_ref() else { return Err(self.shape(value, &dotted, "a text")) };
            let at = self.source.at(value.span().start);
            texts.insert(name, self.source.expand(&at, &self.dotted(&dotted), text)?);
        }
        Ok(texts)
    }

    /// A list of texts such as `["a", "b"]`, each of which `parse` takes. What is written may be a secret: it is kept out
    /// of the error.
    pub fn list<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<Vec<T>>, ConfigError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let DeValue::Array(entries) = value.get_ref() else { return Err(self.shape(value, key, expected)) };
        let mut list = Vec::new();
        for entry in entries {
            let DeValue::String(text) = entry.get_ref() else { return Err(self.shape(entry, key, expected)) };
            let at = self.source.at(entry.span().start);
            let text = self.source.expand(&at, &self.dotted(key), text)?;
            let refused = || ConfigError::Value { at, key: self.dotted(key), value: None, expected };
            list.push(parse(&text).ok_or_else(refused)?);
        }
        Ok(Some(list))
    }

    pub fn missing(&self, key: &'static str, expected: &'static str) -> ConfigError {
        ConfigError::Missing { at: self.at(), key: self.dotted(key), expected }
    }

    pub fn at(&self) -> At {
        self.source.at(self.start)
    }

    /// Refuses keys of the file that no code has read.
    pub fn finish(self) -> Result<(), ConfigError> {
        for key in self.table.into_iter().flat_map(|table| table.keys()) {
            let name = key.get_ref().as_ref();
            if !self.asked.contains(&name) {
                let likeness = |asked: &&&str| strsim::jaro_winkler(asked, name);
                let nearest = self.asked.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
                return Err(ConfigError::Unknown {
                    at: self.source.at(key.span().start),
                    key: self.dotted(name),
                    nearest: nearest.filter(|asked| likeness(asked) > 0.7).map(|asked| self.dotted(asked)),
                });
            }
        }
        Ok(())
    }

    fn take(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        #[cfg(test)]
        KEYS.with_borrow_mut(|keys| keys.insert(self.dotted(key)));
        self.asked.push(key);
        self.table?.get(key)
    }

    fn written(&mut self, key: &'static str) -> Result<Option<Written>, ConfigError> {
        let value = self.take(key);
        let variable = self.variable(key);
        if let Some(text) = self.overridable.then(|| (self.source.environment)(&variable)).flatten() {
            return Ok(Some(Written { at: At::Variable(variable), text }));
        }
        let Some(value) = value else { return Ok(None) };
        let at = self.source.at(value.span().start);
        let text = match value.get_ref() {
            DeValue::String(text) => self.source.expand(&at, &self.dotted(key), text)?,
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Boolean(yes) => yes.to_string(),
            _ => return Err(self.shape(value, key, "a text, a number, true or false")),
        };
        Ok(Some(Written { at, text }))
    }

    fn shape(&self, value: &Spanned<DeValue<'_>>, key: &str, expected: &'static str) -> ConfigError {
        ConfigError::Shape { at: self.source.at(value.span().start), key: self.dotted(key), expected }
    }

    fn variable(&self, key: &str) -> String {
        format!("LOGYARD_{}_{}", self.name, key).to_uppercase()
    }

    fn dotted(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}
