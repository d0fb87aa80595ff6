//! Exact amounts of money.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// US dollars in whole units of 10^-24 USD, the finest digit of any price in the price map, so that no price and no
/// sum is ever rounded. The largest amount is about 10^14 USD; sums stop there.
///
/// In JSON it is a number that is written out in full (`0.0000025`, never `2.5e-6`), so that consumers can compare and
/// add it without knowing about us, and its text is exact. Reading takes a number's text as it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Cost(i128);

/// Decimal places that are kept.
const PLACES: u32 = 24;
/// Digits that are shown of an amount below a dollar.
const SHOWN_DIGITS: u32 = 3;

impl Cost {
    pub(crate) const ZERO: Self = Self(0);

    /// The amount that a decimal number says, `0.002` or `2.5e-06`; `None` if it is no number, too large, or finer than
    /// the unit.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let units = scaled(&format!("{whole}{fraction}"), exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?)?;
        Some(Self(if negative { -units } else { units }))
    }

    /// So many times the amount; `None` beyond the largest amount, as only a damaged count of tokens makes it.
    pub(crate) fn times(self, count: u64) -> Option<Self> {
        self.0.checked_mul(i128::from(count)).map(Self)
    }

    /// The part of so many equal ones, to the unit; `None` of none.
    pub(crate) fn divided(self, parts: u64) -> Option<Self> {
        self.0.checked_div(i128::from(parts)).map(Self)
    }

    pub(crate) fn negative(self) -> Self {
        Self(-self.0)
    }

    /// So many parts of all that it is divided into; what is finer than the unit is dropped. `None` if there are no parts, or
    /// beyond the largest amount.
    pub(crate) fn share(self, parts: u64, all: u64) -> Option<Self> {
        let (parts, all) = (i128::from(parts), i128::from(all));
        let whole = self.0.checked_div(all)?.checked_mul(parts)?;
        // A remainder is less than 2^64, and so are the parts.
        whole.checked_add((self.0 % all).checked_mul(parts)? / all).map(Self)
    }

    /// What one costs if a million cost so much; what is finer than the unit is dropped.
    pub(crate) fn of_a_million(self) -> Self {
        Self(self.0 / 1_000_000)
    }

    /// The nearest amount to a binary number, such as a mean; `None` if it is no number or too large.
    pub(crate) fn near(value: f64) -> Option<Self> {
        Self::parse(&format!("{value:.24}"))
    }

    /// For statistics only: the nearest binary number.
    pub(crate) fn to_f64(self) -> f64 {
        self.decimal().parse().expect("digits around a point are a number")
    }

    /// The amount in full for people, to the cent at least: `$0.15`, `$0.0125`, where no digit may be missing.
    pub(crate) fn exact(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}${}", fixed(self.0.unsigned_abs(), PLACES, 2))
    }

    /// The amount in full, without trailing zeros: `0.0000025`.
    pub(crate) fn decimal(self) -> String {
        let text = fixed(self.0.unsigned_abs(), PLACES, 0);
        if self.0 < 0 { format!("-{text}") } else { text }
    }
}

/// `digits` times 10 to the power of `exponent` in units.
fn scaled(digits: &str, exponent: i32) -> Option<i128> {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let shift = exponent.checked_add(i32::try_from(PLACES).ok()?)?;
    let power = 10_i128.checked_pow(shift.unsigned_abs());
    if shift >= 0 {
        digits.parse::<i128>().ok()?.checked_mul(power?)
    } else {
        // Zeros behind the unit's place are no loss.
        let (kept, lost) = digits.split_at(digits.len().saturating_sub(usize::try_from(shift.unsigned_abs()).ok()?));
        (lost.bytes().all(|byte| byte == b'0') && !kept.is_empty()).then(|| kept.parse().ok()).flatten()
    }
}

/// A number of 10^-`places` as a decimal number without trailing zeros, but with `least` places.
fn fixed(number: u128, places: u32, least: usize) -> String {
    let one = 10_u128.pow(places);
    let fraction = format!("{:0width$}", number % one, width = places as usize);
    let kept = fraction.trim_end_matches('0').len().max(least);
    let whole = number / one;
    if kept == 0 { whole.to_string() } else { format!("{whole}.{}", &fraction[..kept]) }
}

/// `$12.35`, `$0.0033`, `$0.00000251`: to the cent, and below a dollar to three digits that count; `$0` is exact.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.0.unsigned_abs();
        if units == 0 {
            return f.write_str("$0");
        }
        let whole_digits = units.ilog10() + 1;
        let places = (PLACES + SHOWN_DIGITS).saturating_sub(whole_digits).clamp(2, PLACES);
        let step = 10_u128.pow(PLACES - places);
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}${}", fixed((units + step / 2) / step, places, 2))
    }
}

impl Sub for Cost {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::ZERO, Add::add)
    }
}

impl Serialize for Cost {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.decimal()).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Cost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(text.get())
            .ok_or_else(|| serde::de::Error::custom(format!("{} is not an amount in US dollars", text.get())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_text_is_read_exactly() {
        let cases = [
            ("0", "0"),
            ("-0.0", "0"),
            ("2.5e-06", "0.0000025"),
            ("1.25E-7", "0.000000125"),
            ("0.000025000010000000002", "0.000025000010000000002"),
            ("1e-24", "0.000000000000000000000001"),
            ("10e-25", "0.000000000000000000000001"),
            ("1.50", "1.5"),
            ("12e2", "1200"),
            ("-0.25", "-0.25"),
        ];
        for (text, expected) in cases {
            assert_eq!(Cost::parse(text).map(Cost::decimal).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_or_cannot_be_kept_exactly_is_refused() {
        for text in
            ["", "-", ".5", "5.", "1,5", "+1", "1e", "0x1", "NaN", "inf", "1e-25", "1e15", "1e999999999999", "\"1\""]
        {
            assert_eq!(Cost::parse(text), None, "{text}");
        }
        assert_eq!(Cost::parse("0.01").unwrap().times(u64::MAX), None);
    }

    #[test]
    fn an_amount_is_shown_to_the_digits_that_count() {
        let cases = [
            ("0", "$0"),
            ("0.0033", "$0.0033"),
            ("0.00333333", "$0.00333"),
            ("0.5", "$0.50"),
            ("0.126", "$0.126"),
            ("0.9999", "$1.00"),
            ("0.09996", "$0.10"),
            ("12.3456", "$12.35"),
            ("1234567.891", "$1234567.89"),
            ("2.514e-6", "$0.00000251"),
            ("1e-24", "$0.000000000000000000000001"),
            ("-0.0033", "-$0.0033"),
        ];
        for (text, expected) in cases {
            assert_eq!(Cost::parse(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn an_exact_amount_loses_no_digit() {
        for (text, expected) in
            [("0", "$0.00"), ("0.15", "$0.15"), ("3", "$3.00"), ("12.3456789", "$12.3456789"), ("-0.5", "-$0.50")]
        {
            assert_eq!(Cost::parse(text).unwrap().exact(), expected, "{text}");
        }
    }

    #[test]
    fn a_sum_of_tenths_is_exact() {
        let tenth = Cost::parse("0.1").unwrap();
        assert_eq!(std::iter::repeat_n(tenth, 3).sum::<Cost>().decimal(), "0.3");
        assert_eq!(tenth.times(3).map(Cost::decimal).as_deref(), Some("0.3"));
        assert_eq!(tenth.share(2, 3).map(Cost::decimal).as_deref(), Some("0.066666666666666666666666"));
        assert_eq!(tenth.share(3, 3), Some(tenth));
        assert_eq!((tenth.share(1, 0), tenth.share(u64::MAX, 1)), (None, None));
        assert_eq!(Cost(i128::MAX).share(1, 2), Some(Cost(i128::MAX / 2)));
        assert_eq!((tenth - Cost::parse("0.3").unwrap()).decimal(), "-0.2");
        assert!((tenth.to_f64() - 0.1).abs() < f64::EPSILON);
        assert_eq!(Cost::near(1e-7 / 3.0).map(|cost| cost.to_string()).as_deref(), Some("$0.0000000333"));
        assert_eq!((Cost::near(f64::NAN), Cost::near(1e30)), (None, None));
        let mut most = Cost(i128::MAX);
        most += tenth;
        assert_eq!(most, Cost(i128::MAX));
    }

    #[test]
    fn json_holds_a_number_in_full_and_gives_it_back() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Row {
            cost: Option<Cost>,
        }
        let row = Row { cost: Cost::parse("0.000025000010000000002") };
        let text = serde_json::to_string(&row).unwrap();
        assert_eq!(text, r#"{"cost":0.000025000010000000002}"#);
        assert_eq!(serde_json::from_str::<Row>(&text).unwrap(), row);
        assert_eq!(serde_json::from_str::<Row>(r#"{"cost":null}"#).unwrap(), Row { cost: None });
        // Through a value, which holds a binary number, an amount of up to 15 digits stays what it is.
        let row = Row { cost: Cost::parse("0.000123456789012") };
        assert_eq!(serde_json::from_value::<Row>(serde_json::to_value(&row).unwrap()).unwrap(), row);
        let error = serde_json::from_str::<Row>(r#"{"cost":"free"}"#).unwrap_err().to_string();
        assert!(error.starts_with("\"free\" is not an amount in US dollars"), "{error}");
    }
}
