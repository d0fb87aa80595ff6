//! Who belongs to whom: ids of traces and spans, and how they travel between processes.
//!
//! Source: <https://www.w3.org/TR/trace-context/>

/// A span as others refer to it. Neither id is ever 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Context {
    pub(super) trace: u128,
    pub(super) span: u64,
}

impl Context {
    /// The first span of a new trace.
    pub(super) fn new() -> Self {
        Self { trace: fastrand::u128(1..), span: fastrand::u64(1..) }
    }

    /// Another span of the same trace.
    pub(super) fn sibling(self) -> Self {
        Self { span: fastrand::u64(1..), ..self }
    }

    /// The value of `traceparent`. What is traced here is to be recorded wherever it goes.
    pub(crate) fn header(self) -> String {
        format!("00-{:032x}-{:016x}-01", self.trace, self.span)
    }

    /// What a `traceparent` means; `None` if it is none, and is to be ignored then.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let mut parts = header.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_known = is_hex(version) && version.len() == 2 && version != "ff" && flags.len() == 2;
        // Later versions may add parts; ours has none.
        let is_whole = version != "00" || parts.next().is_none();
        if !is_known
            || !is_whole
            || trace.len() != 32
            || span.len() != 16
            || ![trace, span, flags].into_iter().all(is_hex)
        {
            return None;
        }
        let (trace, span) = (u128::from_str_radix(trace, 16).ok()?, u64::from_str_radix(span, 16).ok()?);
        (trace != 0 && span != 0).then_some(Self { trace, span })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_as_the_recommendation_has_it() {
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let context = Context::parse(&format!("00-{trace}-{span}-00")).unwrap();
        assert_eq!(context.header(), format!("00-{trace}-{span}-01"));
        assert_eq!(Context::parse(&format!("cc-{trace}-{span}-01-what-comes")), Some(context));
        let zeros = "0".repeat(32);
        for wrong in [
            String::new(),
            "00".to_owned(),
            format!("ff-{trace}-{span}-01"),
            format!("00-{trace}-{span}-01-more"),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{zeros}-{span}-01"),
            format!("00-{trace}-{}-01", &zeros[..16]),
            format!("00-{trace}-{span}"),
            format!("00-{trace}-{span}-1"),
            format!("0x-{trace}-{span}-01"),
        ] {
            assert_eq!(Context::parse(&wrong), None, "{wrong}");
        }
    }
}
