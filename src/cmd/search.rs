//! `llmops search`: what retrieval returns for a question, for people who debug a missed document.

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::json;

use super::ingest::Fill;
use super::{Closing, configuration, ingest, output};
use crate::cli::{Global, Search};
use crate::error::{Error, ExitStatus, Result};
use crate::llm::Client;
use crate::rag::Passage;
use crate::text::printable;

pub(super) async fn run(global: &Global, arguments: &Search) -> Result<ExitStatus> {
    let config = configuration(global)?;
    if arguments.question.trim().is_empty() {
        return Err(Error::config("the question is empty"));
    }
    let client = Client::new(&config)?;
    let _closing = Closing(client.clone());
    let retriever = ingest::open_retriever(&config, &client, Fill::Embedded, global.quiet).await?;
    let retriever = retriever
        .ok_or_else(|| Error::config("only a target of kind \"rag\" has a store to search").at(&config.file, None))?;
    let top_k = arguments.top_k.map_or(config.target.top_k, usize::from);
    let passages = retriever.search(&arguments.question, top_k).await?;
    if global.json {
        output::print_json(&json!({ "question": arguments.question, "passages": passages }))?;
    } else {
        output::print(&render(&passages))?;
    }
    Ok(ExitStatus::Pass)
}

fn render(passages: &[Passage]) -> String {
    if passages.is_empty() {
        return "nothing found\n".to_owned();
    }
    let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
    let mut text = String::new();
    for (index, passage) in passages.iter().enumerate() {
        let heading = match passage.heading.as_str() {
            "" => String::new(),
            heading => format!(" > {}", printable(heading)),
        };
        let (title, document, score) = (printable(&passage.title), printable(&passage.document), passage.score);
        let _ = writeln!(text, "{:>2}. {bold}{title}{heading}{bold:#}  {dim}{document}  {score:.4}{dim:#}", index + 1);
        let words: Vec<&str> = passage.text.split_whitespace().take(40).collect();
        let _ = writeln!(text, "    {}", printable(&words.join(" ")));
    }
    text
}
