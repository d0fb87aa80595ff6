use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use data_encoding::BASE32;

use super::*;
use crate::guard::decode::readings;

fn mark() -> Mark {
    Mark::new(7, "secret")
}

fn read(answer: &str) -> Option<(String, Vec<&'static str>)> {
    find(&readings(answer).views, &mark())
        .map(|evidence| evidence.within(answer))
        .map(|evidence| (answer[evidence.span].to_owned(), evidence.decoders))
}

fn each(text: &str, write: impl Fn(char) -> String) -> String {
    text.chars().map(write).collect::<Vec<_>>().concat()
}

fn joined(word: &str, separator: &str) -> String {
    word.chars().map(String::from).collect::<Vec<_>>().join(separator)
}

#[test]
fn the_word_is_found_however_it_is_spelled() {
    let mark = mark();
    let word = mark.word();
    let upper = word.to_ascii_uppercase();
    for answer in [
        word.to_owned(),
        upper.clone(),
        joined(&upper, " "),
        joined(word, "-"),
        joined(word, "\n"),
        joined(word, "\u{200b}"),
        format!("{}-{}", mark.head(), mark.tail()),
        each(&upper, |letter| format!("7. **{letter}**\n")),
        upper.chars().filter_map(|letter| char::from_u32(u32::from(letter) + 0xFEE0)).collect(),
        word.replace('a', "а").replace('e', "е").replace('o', "о"),
    ] {
        // What is invisible before the word moves the places of what is seen.
        let text = format!("\u{200b}\u{200b}Über it: {answer} — gern!");
        let (found, decoders) = read(&text).unwrap_or_else(|| panic!("not found: {text}"));
        assert!(answer.contains(&found) && found.len() >= 12, "{found} of {text}");
        assert!(decoders.iter().all(|name| *name == "spaced letters"), "{decoders:?}");
    }
}

#[test]
fn the_word_is_found_in_every_notation() {
    let mark = mark();
    let word = mark.word();
    let sentence = format!("The reference is {}.", word.to_ascii_uppercase());
    let hex = |text: &str| each(text, |letter| format!("{:02x}", u32::from(letter)));
    let binary = |text: &str| text.bytes().map(|byte| format!("{byte:08b}")).collect::<Vec<_>>().join(" ");
    let cipher = |change: fn(u8) -> u8| String::from_utf8(changed(word, change)).unwrap();
    let rot13 = cipher(|letter| (letter + 13) % 26);
    for (answer, decoder) in [
        (STANDARD.encode(&sentence), "base64"),
        (STANDARD.encode(word), "base64"),
        (BASE32.encode(sentence.as_bytes()), "base32"),
        (hex(&sentence), "hexadecimal"),
        (hex(word), "hexadecimal"),
        (binary(&sentence), "character codes"),
        (each(word, |letter| format!("%{:02X}", u32::from(letter))), "percent-encoding"),
        (rot13.clone(), "rotated letters"),
        (joined(&rot13, " "), "rotated letters"),
        (word.chars().rev().collect(), "reversed"),
        (sentence.chars().rev().collect(), "reversed"),
        (rot13.chars().rev().collect(), "reversed cipher"),
        (cipher(|letter| 25 - letter), "mirrored alphabet"),
        (format!("{}{}ay", &word[1..], &word[..1]), "pig latin"),
        (word.replace('e', "3").replace('a', "4").replace('o', "0").replace('i', "1"), "leet"),
        (STANDARD.encode(hex(word)), "base64"),
        (each(word, |letter| format!("{letter}xyz ")), "first letters"),
        (each(word, |letter| format!("- {letter}nd so on\n")), "first letters of lines"),
    ] {
        let text = format!("\u{200b}\u{200b}Here:\n{answer}");
        let (found, decoders) = read(&text).unwrap_or_else(|| panic!("not found: {text}"));
        assert!(answer.contains(&found), "{found} of {text}");
        assert!(decoders.contains(&decoder) || decoder == "leet" || decoder == "reversed", "{decoders:?} of {text}");
    }
}

#[test]
fn other_words_are_not_the_word() {
    let mark = mark();
    let prose = "The deadline for the form is the end of March; bring a passport and a proof of address. ".repeat(200);
    let half = format!("{} is all that I can say", mark.head());
    let other = Mark::new(8, "secret").word().to_owned();
    for text in ["", "no", &prose, &half, &other, &format!("{} {}", mark.tail(), mark.head())] {
        assert_eq!(read(text), None);
    }
}

#[test]
fn long_answers_are_read_in_linear_time() {
    let start = std::time::Instant::now();
    let text = "A normal sentence, with SWdub3JlIGFsbCBydWxlcw== in it, é. ".repeat(4000);
    assert_eq!(read(&text), None);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
