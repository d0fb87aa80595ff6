//! A table with vectors in the database that the environment names.

use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::config::Secret;
use crate::error::Result;
use crate::postgres::{Server, limited};

const LIMIT: Duration = Duration::from_secs(10);
const HINT: &str = "start it, or check DATABASE_URL or DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD";
/// As many questions as a first dataset asks.
const TITLES: i64 = 5;

/// A table and the columns that look like ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cmd::init) struct Table {
    /// With its schema, unless that is where one looks first.
    pub(in crate::cmd::init) name: String,
    pub(in crate::cmd::init) id: String,
    pub(in crate::cmd::init) title: String,
    pub(in crate::cmd::init) body: String,
    pub(in crate::cmd::init) embedding: String,
    /// `None`: the column takes vectors of any length.
    pub(in crate::cmd::init) dimensions: Option<usize>,
    pub(in crate::cmd::init) rows: usize,
    pub(in crate::cmd::init) unembedded: usize,
    /// Of some rows that can be found.
    pub(in crate::cmd::init) titles: Vec<String>,
}

/// The table `documents`, or the first other one with a column of vectors and a text to retrieve.
pub(super) async fn find(url: &Secret) -> Result<Option<Table>> {
    let client = Server::new(url, HINT)?.connect().await?;
    let select = "select c.oid::text, a.attname::text, a.atttypmod,
            case when n.nspname = current_schema() then quote_ident(c.relname)
                else quote_ident(n.nspname) || '.' || quote_ident(c.relname) end,
            case when n.nspname = current_schema() then c.relname::text else n.nspname || '.' || c.relname end
        from pg_attribute a join pg_type t on t.oid = a.atttypid
            join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        where t.typname in ('vector', 'halfvec') and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
            and n.nspname not like 'pg\\_%' and has_table_privilege(c.oid, 'select')
        order by c.relname <> 'documents', n.nspname <> current_schema(), 4, a.attnum";
    for row in limited(LIMIT, client.query_typed(select, &[])).await? {
        let (oid, embedding, modifier): (String, String, i32) = (row.get(0), row.get(1), row.get(2));
        let Some([id, title, body]) = columns(&client, &oid).await? else { continue };
        let dimensions = usize::try_from(modifier).ok().filter(|dimensions| *dimensions > 0);
        let table = Table {
            name: row.get(4),
            id,
            title,
            body,
            embedding,
            dimensions,
            rows: 0,
            unembedded: 0,
            titles: Vec::new(),
        };
        return counted(&client, table, row.get(3)).await.map(Some);
    }
    Ok(None)
}

/// The columns for an id, a title and a text; without a title the id stands for it.
async fn columns(client: &Client, oid: &str) -> Result<Option<[String; 3]>> {
    let select = "select attname::text from pg_attribute
        where attrelid = $1::text::oid and attnum > 0 and not attisdropped order by attnum";
    let rows = limited(LIMIT, client.query_typed(select, &[(&oid, Type::TEXT)])).await?;
    let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let first = |likely: &[&str]| {
        likely.iter().find_map(|likely| names.iter().find(|name| name.eq_ignore_ascii_case(likely)).cloned())
    };
    let id = first(&["id", "uuid", "document_id", "doc_id", "key"]);
    let body = first(&["body", "content", "text", "chunk", "passage", "page_content", "document", "chunk_text"]);
    let title = first(&["title", "name", "heading", "subject", "source", "url", "slug"]);
    Ok(id.zip(body).map(|(id, body)| [id.clone(), title.unwrap_or(id), body]))
}

async fn counted(client: &Client, table: Table, quoted_table: String) -> Result<Table> {
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let (title, embedding) = (quote(&table.title), quote(&table.embedding));
    let select = format!("select count(*), count(*) filter (where {embedding} is null) from {quoted_table}");
    let row = limited(LIMIT, client.query_typed_one(&select, &[])).await?;
    let number = |column| usize::try_from(row.get::<_, i64>(column)).unwrap_or_default();
    let select = format!(
        "select {title}::text from {quoted_table} where {embedding} is not null and {title}::text <> ''
        group by 1 order by count(*), 1 limit $1"
    );
    let titles = limited(LIMIT, client.query_typed(&select, &[(&TITLES, Type::INT8)])).await?;
    let titles = titles.iter().map(|row| row.get(0)).collect();
    Ok(Table { rows: number(0), unembedded: number(1), titles, ..table })
}

impl Table {
    /// The embedder that most likely filled the column.
    pub(in crate::cmd::init) fn embedder(&self, has_key: impl Fn(&str) -> bool) -> &'static str {
        match self.dimensions {
            Some(384) => "local",
            Some(1536) if !has_key("gemini") || has_key("openai") => "openai/text-embedding-3-small",
            Some(3072) if has_key("openai") => "openai/text-embedding-3-large",
            Some(768) if !has_key("gemini") => "ollama/nomic-embed-text",
            _ => "gemini/gemini-embedding-001",
        }
    }

    /// `documents (vector(768), 12 rows, 2 without a vector)`
    pub(in crate::cmd::init) fn shown(&self) -> String {
        let length = self.dimensions.map_or_else(String::new, |dimensions| format!("({dimensions})"));
        let without = match self.unembedded {
            0 => String::new(),
            unembedded => format!(", {unembedded} without a vector"),
        };
        format!("{} (vector{length}, {}{without})", self.name, crate::text::count(self.rows, "row"))
    }
}
