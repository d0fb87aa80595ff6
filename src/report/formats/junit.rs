//! `JUnit` XML, as GitLab, Jenkins and most CI systems read it: a suite for the gate, a suite for the cases.
//!
//! It is red exactly if the gate is not green. A case under a bar that the run's mean meets is no failure, and an error
//! that `max_error_rate` allows is a skipped test; both say so in words. Shape: `junit-10.xsd` of Jenkins' xunit plugin.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::{Failed, Source};
use crate::error::Result;
use crate::report::cases::{ReportedCase, State, each_case};
use crate::report::{Decision, Report, numbers};

/// How a test ended; texts are the short message and the whole story.
enum Ending {
    Passed(String),
    Skipped(String),
    Failed(String, String),
    Errored(String, String),
}

struct Test {
    class: String,
    name: String,
    seconds: Option<f64>,
    ending: Ending,
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

pub(super) fn write(source: &Source<'_>, out: &mut dyn io::Write, failed: Failed<'_>) -> Result<()> {
    let report = source.report;
    let gate = gate(report);
    let (mut of_gate, mut of_cases) = (Counts::default(), Counts::default());
    for test in &gate {
        of_gate.add(&test.ending);
    }
    // The counts stand before the tests, and nothing holds all tests: one walk counts, a second one writes.
    each_case(report, source.rows, &mut |case| {
        of_cases.add(&ending(report, case));
        Ok(())
    })?;

    let mut xml = Writer::new_with_indent(out, b' ', 2);
    begin(&mut xml, report, &[&of_gate, &of_cases]).map_err(failed)?;
    open_suite(&mut xml, report, "gate", &of_gate).map_err(failed)?;
    for test in &gate {
        write_test(&mut xml, test).map_err(failed)?;
    }
    close(&mut xml, "testsuite").map_err(failed)?;
    open_suite(&mut xml, report, "cases", &of_cases).map_err(failed)?;
    each_case(report, source.rows, &mut |case| write_test(&mut xml, &test(report, case)).map_err(failed))?;
    close(&mut xml, "testsuite").and_then(|()| close(&mut xml, "testsuites")).map_err(failed)?;
    xml.into_inner().write_all(b"\n").map_err(failed)
}

/// The verdict, and each bar as a test of its own, so that a dashboard shows since when one is missed.
fn gate(report: &Report) -> Vec<Test> {
    let class = format!("{}.gate", report.project);
    let reasons = report.verdict.reasons.join("\n");
    let first = report.verdict.reasons.first().cloned().unwrap_or_default();
    let ending = match report.verdict.decision {
        Decision::Pass => Ending::Passed(String::new()),
        Decision::Fail => Ending::Failed(first, reasons),
        Decision::Undecided if report.shard.is_some() && report.ended_early.is_none() => Ending::Skipped(first),
        Decision::Undecided => Ending::Errored(first, reasons),
    };
    let mut tests = vec![Test { class: class.clone(), name: "verdict".to_owned(), seconds: None, ending }];
    for row in numbers(report) {
        let Some(bar) = row.bar else { continue };
        let sign = if row.estimate.scale.lower_is_better() { "at most" } else { "at least" };
        let name = format!("{} {sign} {}", row.name, row.estimate.scale.show(bar));
        let says = format!("{} is {}, {}", row.name, row.value(), row.cases());
        let ending = match row.estimate.mean {
            Some(_) if row.is_breached => Ending::Failed(says, String::new()),
            Some(_) if row.is_distrusted => Ending::Skipped(says),
            Some(_) => Ending::Passed(says),
            None => Ending::Skipped(says),
        };
        tests.push(Test { class: class.clone(), name, seconds: None, ending });
    }
    tests
}

fn test(report: &Report, case: &ReportedCase) -> Test {
    Test {
        class: format!("{}.{}", report.project, case.category.as_deref().unwrap_or("cases")),
        name: case.id.clone(),
        seconds: case.latency_ms.map(|latency_ms| latency_ms / 1000.0),
        ending: ending(report, case),
    }
}

fn ending(report: &Report, case: &ReportedCase) -> Ending {
    let complaints = case.complaints();
    let first = complaints.first().cloned().unwrap_or_default();
    let mut story = complaints;
    story.extend(case.fault.map(|fault| fault.text().to_owned()));
    story.push(format!("question: {}", case.question));
    story.push(format!("{}:{}", report.dataset_in_repository(), case.line));
    let story = story.join("\n");
    match (&case.state, case.is_to_blame(report)) {
        (State::Met, _) => Ending::Passed(String::new()),
        (State::NotMeasured, _) => Ending::Skipped("no metric has anything to measure in this case".to_owned()),
        (State::Missed(_), true) => Ending::Failed(first, story),
        (State::Missed(_), false) => Ending::Passed(format!("under a bar that the run as a whole meets\n{story}")),
        (State::Errored(_), true) => Ending::Errored(first, story),
        (State::Errored(_), false) => {
            Ending::Skipped(format!("failed with an error, which max_error_rate allows: {first}"))
        }
    }
}

impl Counts {
    fn add(&mut self, ending: &Ending) {
        self.tests += 1;
        match ending {
            Ending::Passed(_) => {}
            Ending::Skipped(_) => self.skipped += 1,
            Ending::Failed(..) => self.failures += 1,
            Ending::Errored(..) => self.errors += 1,
        }
    }
}

type Xml<'a> = Writer<&'a mut dyn io::Write>;

fn begin(xml: &mut Xml<'_>, report: &Report, suites: &[&Counts]) -> io::Result<()> {
    let sum = |of: fn(&Counts) -> usize| suites.iter().map(|counts| of(counts)).sum::<usize>();
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let attributes = [
        ("name", report.project.clone()),
        ("tests", sum(|counts| counts.tests).to_string()),
        ("failures", sum(|counts| counts.failures).to_string()),
        ("errors", sum(|counts| counts.errors).to_string()),
        ("time", seconds(report.duration_ms / 1000.0)),
    ];
    open(xml, "testsuites", &attributes)
}

fn open_suite(xml: &mut Xml<'_>, report: &Report, name: &str, counts: &Counts) -> io::Result<()> {
    let attributes = [
        ("name", format!("{} {name}", report.project)),
        ("tests", counts.tests.to_string()),
        ("failures", counts.failures.to_string()),
        ("errors", counts.errors.to_string()),
        ("skipped", counts.skipped.to_string()),
        ("timestamp", report.timestamp.clone()),
    ];
    open(xml, "testsuite", &attributes)
}

fn write_test(xml: &mut Xml<'_>, test: &Test) -> io::Result<()> {
    let mut attributes = vec![("classname", test.class.clone()), ("name", test.name.clone())];
    attributes.extend(test.seconds.map(|time| ("time", seconds(time))));
    open(xml, "testcase", &attributes)?;
    match &test.ending {
        Ending::Passed(note) if note.is_empty() => {}
        Ending::Passed(note) => element(xml, "system-out", &[], note)?,
        Ending::Skipped(why) => element(xml, "skipped", &[("message", why.clone())], "")?,
        Ending::Failed(message, story) => {
            element(xml, "failure", &[("type", "missed".to_owned()), ("message", message.clone())], story)?;
        }
        Ending::Errored(message, story) => {
            element(xml, "error", &[("type", "error".to_owned()), ("message", message.clone())], story)?;
        }
    }
    close(xml, "testcase")
}

fn element(xml: &mut Xml<'_>, name: &str, attributes: &[(&str, String)], text: &str) -> io::Result<()> {
    open(xml, name, attributes)?;
    if !text.is_empty() {
        xml.write_event(Event::Text(BytesText::new(&allowed(text))))?;
    }
    close(xml, name)
}

fn open(xml: &mut Xml<'_>, name: &str, attributes: &[(&str, String)]) -> io::Result<()> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, allowed(value).as_str()));
    }
    xml.write_event(Event::Start(start))
}

fn close(xml: &mut Xml<'_>, name: &str) -> io::Result<()> {
    xml.write_event(Event::End(BytesEnd::new(name)))
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.3}")
}

/// The text without the characters that XML 1.0 cannot hold even as references (2.2, production `Char`).
fn allowed(text: &str) -> String {
    let is_allowed = |c: char| match c {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        _ => c >= ' ',
    };
    text.chars().filter(|c| is_allowed(*c)).collect()
}

#[cfg(test)]
mod tests;
