//! The table that holds the rows, as it is in the database, and the SQL that depends on its shape.

use std::time::Duration;

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

use crate::config;
use crate::error::{Error, Result};
use crate::postgres::limited;

/// Our own table, in the schema of the user's: which rows we wrote or embedded, and from what.
const RECORDS: &str = "llmops_documents";
/// Stands for that table where there is none yet.
const NO_RECORDS: &str = "(select ''::text as store, ''::text as row_id, ''::text as document, 0 as chunk, \
                          ''::text as heading, ''::text as body_md5, ''::text as embedder where false)";

const LOOK_LIMIT: Duration = Duration::from_secs(30);
const CREATE_LIMIT: Duration = Duration::from_secs(60);
/// A large table's index takes a while.
const INDEX_LIMIT: Duration = Duration::from_secs(3600);
/// Keeps two runs from making the same things at once. Any number will do that nobody else uses.
pub(super) const LOCK: &str = "select pg_advisory_xact_lock(7310868735438)";

/// More dimensions than this have no HNSW index of single precision; twice as many have one of half precision.
/// Source: <https://github.com/pgvector/pgvector#hnsw>.
const INDEXED_VECTOR: usize = 2000;
const INDEXED_HALFVEC: usize = 4000;

/// Table and columns as configured.
pub(super) struct Names {
    pub(super) table: String,
    id: String,
    title: String,
    body: String,
    embedding: String,
}

impl Names {
    pub(super) fn new(config: &config::Pgvector) -> Self {
        Self {
            table: config.table.clone(),
            id: config.id.clone(),
            title: config.title.clone(),
            body: config.body.clone(),
            embedding: config.embedding.clone(),
        }
    }

    fn quoted_table(&self) -> String {
        self.table.split('.').map(quoted).collect::<Vec<_>>().join(".")
    }
}

/// An identifier that means itself, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table that exists and has the columns. The names are quoted.
#[derive(Debug)]
pub(super) struct Table {
    /// As configured, for messages.
    name: String,
    /// The key of this table in our records: schema and name.
    pub(super) store: String,
    /// With its schema.
    pub(super) quoted: String,
    /// Our own table, or what stands for it.
    pub(super) records: String,
    oid: String,
    pub(super) id: String,
    /// The type of the id column.
    pub(super) id_type: String,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) embedding: String,
    embedding_column: String,
    /// `vector` or `halfvec`.
    pub(super) vector_type: String,
    /// `None`: the column takes vectors of any length.
    dimensions: Option<usize>,
    /// Whether there is a text column of this name that we can fill.
    pub(super) has_category: bool,
    /// pgvector 0.8 and later.
    pub(super) has_iterative_scan: bool,
}

struct Column {
    name: String,
    data_type: String,
    modifier: i32,
}

impl Table {
    /// `None` if there is no such table. Errors if it is not one that we can work with.
    pub(super) async fn find(client: &Client, names: &Names) -> Result<Option<Self>> {
        let select = "select c.oid::text, n.nspname::text, c.relname::text,
                to_regclass(quote_ident(n.nspname) || '.' || $2) is not null,
                (select extversion from pg_extension where extname = 'vector')
            from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1)";
        let parameters = [(&names.quoted_table() as _, Type::TEXT), (&RECORDS as _, Type::TEXT)];
        let Some(row) = limited(LOOK_LIMIT, client.query_typed_opt(select, &parameters)).await? else {
            return Ok(None);
        };
        let oid: String = row.get(0);
        let select = "select attname::text, format_type(atttypid, null), atttypmod from pg_attribute
            where attrelid = $1::text::oid and attnum > 0 and not attisdropped order by attnum";
        let columns = limited(LOOK_LIMIT, client.query_typed(select, &[(&oid, Type::TEXT)])).await?;
        let column = |row: &Row| Column { name: row.get(0), data_type: row.get(1), modifier: row.get(2) };
        Self::new(names, &row, &columns.iter().map(column).collect::<Vec<_>>()).map(Some)
    }

    fn new(names: &Names, row: &Row, columns: &[Column]) -> Result<Self> {
        let (schema, relation): (String, String) = (row.get(1), row.get(2));
        let column = |key: &str, name: &str| {
            columns.iter().find(|column| column.name == *name).ok_or_else(|| {
                let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
                Error::config(format!("table {} has no column \"{name}\"; it has: {}", names.table, known.join(", ")))
                    .hint(format!("set retrieval.pgvector.{key} to the column's name"))
            })
        };
        let id = column("id", &names.id)?;
        let (title, body) = (column("title", &names.title)?, column("body", &names.body)?);
        let embedding = column("embedding", &names.embedding)?;
        // The type's name has its schema before it when that is not on the search path.
        let vector_type = embedding.data_type.rsplit('.').next().unwrap_or_default();
        if !["vector", "halfvec"].contains(&vector_type) {
            let (name, data_type) = (&embedding.name, &embedding.data_type);
            let message = format!("column \"{name}\" of table {} is {data_type}, not vector", names.table);
            return Err(Error::config(message).hint("set retrieval.pgvector.embedding to the column with the vectors"));
        }
        let records = if row.get(3) { format!("{}.{RECORDS}", quoted(&schema)) } else { NO_RECORDS.to_owned() };
        Ok(Self {
            name: names.table.clone(),
            store: format!("{schema}.{relation}"),
            quoted: format!("{}.{}", quoted(&schema), quoted(&relation)),
            records,
            oid: row.get(0),
            id: quoted(&id.name),
            id_type: id.data_type.clone(),
            title: quoted(&title.name),
            body: quoted(&body.name),
            embedding: quoted(&embedding.name),
            embedding_column: embedding.name.clone(),
            vector_type: embedding.data_type.clone(),
            dimensions: usize::try_from(embedding.modifier).ok(),
            has_category: columns.iter().any(|column| column.name == "category" && is_text(&column.data_type)),
            has_iterative_scan: row.get::<_, Option<&str>>(4).is_some_and(|version| at_least(version, 0, 8)),
        })
    }

    /// The table, made if there is none: with the extension, and with our records beside it.
    pub(super) async fn prepare(client: &mut Client, names: &Names, dimensions: usize) -> Result<Self> {
        let transaction = limited(CREATE_LIMIT, client.transaction()).await?;
        let client = transaction.client();
        limited(CREATE_LIMIT, client.batch_execute(LOCK)).await?;
        create_extension(client).await?;
        if Self::find(client, names).await?.is_none() {
            limited(CREATE_LIMIT, client.batch_execute(&create_sql(names, dimensions))).await?;
        }
        let schema = "select quote_ident(n.nspname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.oid = to_regclass($1)";
        let parameters = [(&names.quoted_table() as _, Type::TEXT)];
        let schema: String = limited(CREATE_LIMIT, client.query_typed_one(schema, &parameters)).await?.get(0);
        limited(CREATE_LIMIT, client.batch_execute(&create_records_sql(&schema))).await?;
        let table = Self::find(client, names).await?;
        limited(CREATE_LIMIT, transaction.commit()).await?;
        table.ok_or_else(|| Error::unavailable(format!("table {} went away", names.table)))
    }

    /// Vectors of another length can neither be stored nor compared.
    pub(super) fn check_dimensions(&self, length: usize, embedder: &str) -> Result<()> {
        match self.dimensions {
            Some(dimensions) if dimensions != length => {
                let (name, kind) = (&self.name, &self.vector_type);
                let message = format!("table {name} has {kind}({dimensions}), the embedder {embedder} gives {length}");
                Err(Error::config(message).hint("set retrieval.dimensions, choose another embedder, or another table"))
            }
            _ => Ok(()),
        }
    }

    /// Whether we choose the ids of our rows; otherwise the database makes them.
    pub(super) fn has_text_id(&self) -> bool {
        is_text(&self.id_type)
    }

    /// Says which row `t` a record `l` is about. An id that the database made may by now be another row's, after a
    /// `truncate ... restart identity`, so there the text must be the one that we wrote.
    pub(super) fn is_recorded(&self) -> String {
        let same_body = format!(" and md5(coalesce(t.{}::text, '')) = l.body_md5", self.body);
        let same_body = if self.has_text_id() { "" } else { same_body.as_str() };
        format!("t.{}::text = l.row_id{same_body}", self.id)
    }

    /// The distance of a row to the vector in `$1`, as the index knows it.
    fn distance(&self) -> String {
        let (column, kind) = (&self.embedding, &self.vector_type);
        match self.halfvec_index() {
            Some(dimensions) => format!("{column}::halfvec({dimensions}) <=> $1::text::halfvec({dimensions})"),
            None => format!("{column} <=> $1::text::{kind}"),
        }
    }

    /// The length of vectors that only an index of half precision can hold.
    fn halfvec_index(&self) -> Option<usize> {
        let too_long = |length: &usize| *length > INDEXED_VECTOR && *length <= INDEXED_HALFVEC;
        self.dimensions.filter(|length| !self.vector_type.ends_with("halfvec") && too_long(length))
    }

    /// Rows near `$1`, at most `$2`; `$3` is the store.
    pub(super) fn search_sql(&self) -> String {
        let Self { quoted, records, id, title, body, embedding, .. } = self;
        let distance = self.distance();
        let is_recorded = self.is_recorded();
        format!(
            "select coalesce(l.document, t.{id}::text), coalesce(t.{title}::text, ''), coalesce(l.heading, ''),
                coalesce(t.{body}::text, ''), t.llmops_distance
            from (select {id}, {title}, {body}, {distance} as llmops_distance from {quoted}
                where {embedding} is not null order by {distance} limit $2) t
            left join {records} l on l.store = $3 and {is_recorded}
            order by t.llmops_distance, 1, l.chunk, t.{id}::text"
        )
    }

    /// Which of the names in `$1` nothing goes by; `$2` is the store.
    pub(super) fn missing_sql(&self) -> String {
        let Self { quoted, records, id, title, .. } = self;
        let is_recorded = self.is_recorded();
        format!(
            "select unnest($1::text[])
            except (select {title}::text from {quoted} union all select {id}::text from {quoted} union all
                select l.document from {records} l join {quoted} t on {is_recorded} where l.store = $2)"
        )
    }

    /// The first titles and ids.
    pub(super) fn names_sql(&self, limit: usize) -> String {
        let Self { quoted, id, title, .. } = self;
        format!("select coalesce({title}::text, ''), {id}::text from {quoted} order by 2 limit {limit}")
    }

    /// All rows, those without a vector, and those that another embedder than `$2` gave theirs; `$1` is the store.
    pub(super) fn coverage_sql(&self) -> String {
        let Self { quoted, records, embedding, .. } = self;
        let is_recorded = self.is_recorded();
        format!(
            "select count(*), count(*) filter (where t.{embedding} is null), count(*) filter (where l.embedder <> $2)
            from {quoted} t left join {records} l on l.store = $1 and {is_recorded}"
        )
    }

    /// What can be found, each with a hash of its content, in a certain order; `$1` is the store.
    pub(super) fn digest_sql(&self) -> String {
        let Self { quoted, records, id, title, body, embedding, .. } = self;
        let is_recorded = self.is_recorded();
        format!(
            "select coalesce(l.document || '#' || l.chunk, t.{id}::text) collate \"C\",
                md5(coalesce(t.{title}::text, '')) || md5(coalesce(t.{body}::text, ''))
            from {quoted} t left join {records} l on l.store = $1 and {is_recorded}
            where t.{embedding} is not null order by 1, 2"
        )
    }

    /// An index for the distance, unless the column has one of any kind. None is possible for vectors of no certain
    /// length or of very many dimensions; the search is then exact.
    pub(super) async fn ensure_index(&self, client: &mut Client) -> Result<()> {
        let Some(index) = self.index_sql() else { return Ok(()) };
        let transaction = limited(CREATE_LIMIT, client.transaction()).await?;
        limited(CREATE_LIMIT, transaction.batch_execute(LOCK)).await?;
        // By dependency, because an index of an expression has no column of its own.
        let select = "select 1 from pg_index i join pg_depend d on d.classid = 'pg_class'::regclass
                and d.objid = i.indexrelid and d.refobjid = i.indrelid
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = d.refobjsubid
            where i.indrelid = $1::text::oid and a.attname = $2 limit 1";
        let parameters = [(&self.oid as _, Type::TEXT), (&self.embedding_column as _, Type::TEXT)];
        if limited(CREATE_LIMIT, transaction.query_typed_opt(select, &parameters)).await?.is_none() {
            let create = format!("set local statement_timeout = 0; {index}");
            limited(INDEX_LIMIT, transaction.batch_execute(&create)).await?;
        }
        limited(CREATE_LIMIT, transaction.commit()).await
    }

    fn index_sql(&self) -> Option<String> {
        let dimensions = self.dimensions?;
        let half = self.vector_type.ends_with("halfvec");
        let key = match self.halfvec_index() {
            Some(dimensions) => format!("({}::halfvec({dimensions})) halfvec_cosine_ops", self.embedding),
            None if half && dimensions <= INDEXED_HALFVEC => format!("{} halfvec_cosine_ops", self.embedding),
            None if dimensions <= INDEXED_VECTOR => format!("{} vector_cosine_ops", self.embedding),
            None => return None,
        };
        // pgvector's own defaults, written down.
        Some(format!("create index on {} using hnsw ({key}) with (m = 16, ef_construction = 64)", self.quoted))
    }
}

fn is_text(data_type: &str) -> bool {
    ["text", "character varying", "citext"].contains(&data_type)
}

/// Compares a version such as `0.8.5`.
fn at_least(version: &str, major: u32, minor: u32) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (major, minor)
}

async fn create_extension(client: &Client) -> Result<()> {
    let exists = client.query_typed_opt("select 1 from pg_extension where extname = 'vector'", &[]);
    if limited(CREATE_LIMIT, exists).await?.is_some() {
        return Ok(());
    }
    limited(CREATE_LIMIT, client.batch_execute("create extension vector")).await.map_err(|error| {
        Error::config("the database lacks the extension vector, and it cannot be created")
            .source(error)
            .hint("install pgvector on the server, then let an administrator run `create extension vector` there")
    })
}

fn create_sql(names: &Names, dimensions: usize) -> String {
    let table = names.quoted_table();
    let [id, title, body, embedding] =
        [&names.id, &names.title, &names.body, &names.embedding].map(|name| quoted(name));
    format!(
        "create table {table} (
            {id} text primary key default gen_random_uuid()::text,
            {title} text not null default '',
            {body} text not null,
            category text,
            created_at timestamptz not null default now(),
            {embedding} vector({dimensions})
        )"
    )
}

fn create_records_sql(schema: &str) -> String {
    format!(
        "create table if not exists {schema}.{RECORDS} (
            store text not null,
            row_id text not null,
            document text,
            chunk integer,
            heading text,
            body_md5 text not null,
            content_hash text,
            embedder text not null,
            primary key (store, row_id)
        );
        create index if not exists {RECORDS}_document on {schema}.{RECORDS} (store, document);
        comment on table {schema}.{RECORDS} is
            'rows that llmops wrote (document is set) or embedded (it is null); derived, can be dropped with them'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_itself_whatever_is_in_it() {
        assert_eq!(quoted("a\"; drop table b; --"), "\"a\"\"; drop table b; --\"");
    }

    #[test]
    fn versions_are_compared_by_number() {
        for (version, expected) in [("0.8.5", true), ("0.10", true), ("1.0.0", true), ("0.7.4", false), ("", false)] {
            assert_eq!(at_least(version, 0, 8), expected, "{version}");
        }
    }
}
