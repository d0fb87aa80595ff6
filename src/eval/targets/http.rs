//! A running application behind a URL: a templated request, and JSON pointers into its reply.

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{Question, Target};
use crate::config::{Config, HttpTarget as Settings, Secret};
use crate::cost::{Usage, tokens_of};
use crate::error::{Error, Problem, Result};
use crate::eval::{Case, Output};
use crate::llm::{Client, HttpCall};
use crate::prompt::Template;
use crate::rag::Passage;

pub(super) struct HttpTarget {
    client: Client,
    method: &'static str,
    url: Template,
    headers: Vec<(String, Secret)>,
    body: Option<Template>,
    answer: String,
    passages: Option<String>,
    usage: Option<String>,
}

impl HttpTarget {
    pub(super) fn open(config: &Config, client: Client) -> Result<Self> {
        let settings: &Settings = &config.target.http;
        let file = &config.file;
        let body = match &settings.body {
            Some(body) => Some(Template::compile(file, body.line.unwrap_or(1), &body.value)?),
            // A GET has no body unless one is written; anything else sends the question.
            None if settings.method == "GET" => None,
            None => Some(Template::compile(file, 1, r#"{"question": {{ question | tojson }}}"#)?),
        };
        let method = match settings.method.as_str() {
            "GET" => "GET",
            "PUT" => "PUT",
            "PATCH" => "PATCH",
            _ => "POST",
        };
        Ok(Self {
            client,
            method,
            url: Template::compile_url(file, settings.url.line.unwrap_or(1), &settings.url.value)?,
            headers: settings.headers.clone(),
            body,
            answer: settings.answer.clone(),
            passages: settings.passages.clone(),
            usage: settings.usage.clone(),
        })
    }

    fn call(&self, case: &Case) -> std::result::Result<HttpCall, Problem> {
        let fields = case.fields();
        let body = match &self.body {
            None => None,
            Some(template) => {
                let text = template.render(&fields)?;
                let body = serde_json::from_str(&text).map_err(|error| {
                    Problem::new(format!("target.body is not JSON for the case \"{}\": {error}", case.id))
                        .hint("write {{ question | tojson }}, without quotation marks around it")
                })?;
                Some(body)
            }
        };
        Ok(HttpCall { method: self.method, url: self.url.render(&fields)?, headers: self.headers.clone(), body })
    }

    fn output(&self, reply: &Value) -> Result<Output> {
        let passages = match &self.passages {
            None => None,
            Some(pointer) => Some(read_passages(at(reply, pointer)?)?),
        };
        let usage = match &self.usage {
            None => Usage::default(),
            Some(pointer) => tokens_of(at(reply, pointer)?).unwrap_or_default(),
        };
        let answer = at(reply, &self.answer)?;
        let answer = answer.as_str().ok_or_else(|| {
            Error::unavailable(format!("the reply's {} is not a string but {}", self.answer, kind(answer)))
        })?;
        Ok(Output { answer: answer.to_owned(), passages, usage, ..Output::default() })
    }
}

impl Target for HttpTarget {
    fn answer<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Output>> {
        Box::pin(async move {
            question.must_be_plain()?;
            let answered = self.client.send(&self.call(question.case)?, question.repeat).await?;
            let output = self.output(&answered.body)?;
            Ok(Output { latency: answered.latency, attempts: answered.attempts, cached: answered.cached, ..output })
        })
    }

    /// A filter such as `tojson` would turn a missing field into null, so fields are looked for by name.
    fn check(&self, case: &Case) -> std::result::Result<(), Problem> {
        let fields = case.fields();
        for template in [Some(&self.url), self.body.as_ref()].into_iter().flatten() {
            if let Some(missing) = template.variables().into_iter().find(|name| !fields.contains_key(name)) {
                let known = fields.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                let problem = Problem::new(format!("the case \"{}\" has no field \"{missing}\"", case.id));
                return Err(template.at_variable(&missing, problem).hint(format!("there is: {known}")));
            }
        }
        self.call(case).map(|_| ())
    }
}

fn at<'a>(reply: &'a Value, pointer: &str) -> Result<&'a Value> {
    reply.pointer(pointer).ok_or_else(|| {
        let there = match reply {
            Value::Object(fields) => fields.keys().map(|key| format!("/{key}")).collect::<Vec<_>>().join(", "),
            other => kind(other).to_owned(),
        };
        Error::unavailable(format!("the reply has no {pointer}; it has {there}"))
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Passages as applications return them: strings (titles or ids), or objects under the usual names.
pub(super) fn read_passages(value: &Value) -> Result<Vec<Passage>> {
    let Some(items) = value.as_array() else {
        return Err(Error::unavailable(format!("the passages are not an array but {}", kind(value))));
    };
    let passage = |item: &Value| {
        if let Some(text) = item.as_str() {
            return Some(Passage { document: text.to_owned(), title: text.to_owned(), ..Passage::default() });
        }
        item.as_object()?;
        let text = |names: &[&str]| {
            let value = names.iter().find_map(|name| item.get(*name).filter(|value| !value.is_null()))?;
            Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        };
        let document = text(&["document", "document_id", "id", "source"]);
        let title = text(&["title", "name"]).or_else(|| document.clone())?;
        Some(Passage {
            document: document.unwrap_or_else(|| title.clone()),
            title,
            heading: String::new(),
            text: text(&["text", "content", "body"]).unwrap_or_default(),
            score: item.get("score").and_then(Value::as_f64).unwrap_or_default(),
        })
    };
    items
        .iter()
        .map(passage)
        .collect::<Option<_>>()
        .ok_or_else(|| Error::unavailable("a passage is neither a string nor an object with an id or a title"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn passages_are_strings_or_objects() {
        let value = json!(["A", {"title": "B", "content": "text"}, {"id": 7, "title": "C", "score": 0.5}]);
        let passages = read_passages(&value).unwrap();
        let names: Vec<_> = passages.iter().map(|p| (p.document.as_str(), p.title.as_str(), p.text.as_str())).collect();
        assert_eq!(names, [("A", "A", ""), ("B", "B", "text"), ("7", "C", "")]);
        for wrong in [json!("A"), json!([1]), json!([{"score": 1}])] {
            assert!(read_passages(&wrong).is_err(), "{wrong}");
        }
    }
}
