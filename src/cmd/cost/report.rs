//! `llmops cost report`: what was spent and saved, why it changed, and how the month will end.
//!
//! ```text
//! ledger's lines, one by one -> tables, total          of the time that was asked for
//!                            -> change                 against as long a time before
//!                            -> forecast               from the month and the last four weeks
//! ```

mod machine;
mod period;
mod terminal;

use std::sync::Arc;

use jiff::civil::Date;

use self::period::Period;
use super::super::output;
use super::configuration;
use crate::cli::{CostFormat, CostReport, Global, Grouping};
use crate::clock::unix_seconds;
use crate::config::Config;
use crate::cost::ledger::{self, Amounts, Calendar, Change, Days, Forecast, Line, Side, Slice, State, Table};
use crate::cost::{Cost, Tariff};
use crate::error::{Error, ExitStatus, Result};

/// Everything that is shown.
struct Statement {
    /// `None` for all.
    project: Option<String>,
    period: Period,
    total: Amounts,
    tables: Vec<Table>,
    /// `None` if the time before had no calls.
    compared: Option<Compared>,
    forecast: Option<Forecast>,
}

/// Longer than a weekend, in seconds.
const LATE: i64 = 3 * 86_400;

struct Compared {
    change: Change,
    /// Calls whose cost is not known, and which therefore are in no figure of the change.
    unknown: u64,
    /// The day of the first call of the time before, if it had none for long: the ledger may be younger than that.
    begins_late: Option<Date>,
}

pub(super) fn run(global: &Global, arguments: &CostReport) -> Result<ExitStatus> {
    let format = match (arguments.format, global.json) {
        (Some(format), true) if format != CostFormat::Json => {
            return Err(Error::config("--json is another format than --format").hint("keep one of them"));
        }
        (_, true) => CostFormat::Json,
        (format, false) => format.unwrap_or(CostFormat::Terminal),
    };
    let config = configuration(global)?;
    let statement = read(&config, arguments)?;
    let text = match format {
        CostFormat::Terminal => terminal::text(&statement),
        CostFormat::Csv => machine::csv(&statement)?,
        CostFormat::Json => machine::json(&statement)?,
    };
    output::print(&text)?;
    Ok(ExitStatus::Pass)
}

fn read(config: &Config, arguments: &CostReport) -> Result<Statement> {
    let period = Period::new(&config.cost.time_zone, arguments, unix_seconds())?;
    let project = (!arguments.all_projects).then(|| config.name.clone());
    let slice = Slice { from: period.read_from, to: period.to, project: project.as_deref() };
    let mut reading = Reading::new(&period, &arguments.by, Tariff::open(config)?);
    ledger::read(config, &slice, &mut |line| reading.add(&line))?;
    let Reading { total, tables, before, after, unknown, first_before, days, mut calendar, .. } = reading;
    let late =
        first_before.filter(|(at, _)| at - period.before_from > LATE.max((period.before_to - period.before_from) / 3));
    let compared = (before.calls > 0).then(|| Compared {
        change: Change::between(&before, &after),
        unknown,
        begins_late: late.map(|(_, date)| date),
    });
    let forecast = period.is_until_now.then(|| days.forecast(&mut calendar, period.now)).flatten();
    Ok(Statement { project, period, total, tables, compared, forecast })
}

/// What has been read of a ledger.
struct Reading<'a> {
    period: &'a Period,
    tariff: Tariff,
    calendar: Calendar,
    total: Amounts,
    tables: Vec<Table>,
    before: Side,
    after: Side,
    unknown: u64,
    first_before: Option<(i64, Date)>,
    days: Days,
}

impl<'a> Reading<'a> {
    fn new(period: &'a Period, by: &[Grouping], tariff: Tariff) -> Self {
        Self {
            period,
            tariff,
            calendar: Calendar::new(period.zone.clone()),
            total: Amounts::default(),
            tables: by.iter().map(|Grouping(by)| Table::new(by.clone())).collect(),
            before: Side::default(),
            after: Side::default(),
            unknown: 0,
            first_before: None,
            days: Days::default(),
        }
    }

    fn add(&mut self, line: &Line) {
        let at = line.call.at;
        let (date, day) = self.calendar.day(at);
        self.days.add(date, &line.outcome);
        if at >= self.period.from {
            self.total.add(&line.outcome);
            self.tables.iter_mut().for_each(|table| table.add(line, &Arc::clone(&day)));
        }
        if line.outcome.state != State::Answered {
            return;
        }
        let side = if at >= self.period.from {
            &mut self.after
        } else if (self.period.before_from..self.period.before_to).contains(&at) {
            self.first_before.get_or_insert((at, date));
            &mut self.before
        } else {
            return;
        };
        match line.outcome.usd {
            Some(usd) => weigh(side, line, (usd, &self.tariff)),
            None => self.unknown += 1,
        }
    }
}

/// A call whose cost is known, divided into input and output.
fn weigh(side: &mut Side, line: &Line, (usd, tariff): (Cost, &Tariff)) {
    let usage = &line.outcome.usage;
    let input_usd = tariff.input_share(&line.call.model, usage, usd);
    side.calls += line.outcome.requests.max(1);
    side.input_tokens = side.input_tokens.saturating_add(usage.all_input());
    side.output_tokens = side.output_tokens.saturating_add(usage.output.saturating_add(usage.reasoning));
    side.input_usd += input_usd;
    side.output_usd += usd - input_usd;
}
