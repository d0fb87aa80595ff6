//! Whether a page shows an element.
//!
//! What stands off the screen for screen readers is read to people, so it is not hidden; what a style sheet elsewhere
//! hides cannot be known.

/// Whether an element with these attributes, by name and value, is shown to nobody.
pub(crate) fn is_hidden<'a>(attributes: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
    attributes.into_iter().any(|(name, value)| match name {
        // The other value shows what is searched for.
        "hidden" => !value.eq_ignore_ascii_case("until-found"),
        "style" => hides(value),
        _ => false,
    })
}

fn hides(style: &str) -> bool {
    let style: String = style.chars().filter(|character| !character.is_whitespace()).collect();
    style.to_ascii_lowercase().split(';').filter_map(|declaration| declaration.split_once(':')).any(
        |(property, value)| {
            let value = value.trim_end_matches("!important");
            match property {
                "display" => value == "none",
                "visibility" => matches!(value, "hidden" | "collapse"),
                "color" => value == "transparent",
                "opacity" | "font-size" | "font" => is_zero(value),
                _ => false,
            }
        },
    )
}

/// `0`, `0px`, `0.0em`; not `0.5`.
fn is_zero(value: &str) -> bool {
    let number = value.trim_end_matches(|character: char| character.is_ascii_alphabetic() || character == '%');
    number.parse().is_ok_and(|number: f64| number.abs() < f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_to_nobody_is_hidden() {
        for (name, value) in [
            ("hidden", ""),
            ("style", "DISPLAY: none !important"),
            ("style", "color:red; visibility :hidden"),
            ("style", "font-size:0px"),
            ("style", "opacity: 0.0"),
            ("style", "color: transparent"),
        ] {
            assert!(is_hidden([(name, value)].into_iter()), "{name}={value}");
        }
        for (name, value) in [
            ("hidden", "until-found"),
            ("class", "hidden"),
            ("style", "display: block; font-size: 0.9em"),
            ("style", "opacity: 0.5; background: none"),
            ("style", "none"),
            ("aria-hidden", "true"),
        ] {
            assert!(!is_hidden([(name, value)].into_iter()), "{name}={value}");
        }
    }
}
