//! What holds for all kinds: names, order, silence, speed, and that no text makes any of them panic.

use std::collections::HashSet;

use super::vault::Vault;
use super::*;
use crate::text::floor;

#[test]
fn kinds_have_names_and_placeholders_that_can_be_told_apart() {
    let mut names = HashSet::new();
    for kind in kinds() {
        assert!(names.insert(kind.name), "{} is there twice", kind.name);
        let (family, name) = kind.name.split_once('.').unwrap();
        assert!(["pii", "secret"].contains(&family), "{}", kind.name);
        assert!(
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
            "{}",
            kind.name
        );
        assert!(kind.placeholder.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'), "{}", kind.placeholder);
        assert!(
            kind.placeholder.split('_').count() <= 5 && !kind.placeholder.split('_').any(str::is_empty),
            "{}",
            kind.placeholder
        );
        assert!(!kind.summary.is_empty() && !kind.searches.is_empty(), "{}", kind.name);
    }
}

#[test]
fn findings_are_sorted_apart_and_silent_about_what_they_found() {
    let text = "a@example.org +44 20 7946 0018, 4242424242424242;DE89370400440532013000 123-45-6789";
    let found = scan(text);
    let rules: Vec<_> = found.iter().map(|found| found.rule).collect();
    assert_eq!(rules, ["pii.email", "pii.phone", "pii.card", "pii.iban", "pii.us_ssn"]);
    assert!(found.windows(2).all(|pair| pair[0].bytes.end <= pair[1].bytes.start));
    assert_eq!(found[0].message, "The text holds an e-mail address.");
    for found in found {
        assert!(!found.message.contains(&text[found.bytes.clone()]) && (0.5..=1.0).contains(&found.confidence));
    }
}

/// A generator that always gives the same: xorshift64.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below as u64).unwrap()
    }

    /// A text of so many characters of an alphabet.
    pub(super) fn text(&mut self, alphabet: &str, length: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| alphabet[self.next(alphabet.len())]).collect()
    }
}

fn check(text: &str) {
    let found = scan(text);
    let mut end = 0;
    for found in &found {
        assert!(end <= found.bytes.start && found.bytes.start < found.bytes.end, "{text:?}");
        assert!(text.get(found.bytes.clone()).is_some(), "{text:?}");
        end = found.bytes.end;
    }
    let mut vault = Vault::default();
    let masked = vault.mask(text, &found);
    if found.iter().all(|found| found.severity < Severity::Critical) {
        assert_eq!(vault.restore(&masked.text), text);
    }
    assert_eq!(scan(text), found);
}

/// What texts are put together from that ought to bring every reader to its edges.
const PARTS: &[&str] = &[
    "4242 4242 4242 4242",
    "+49 (0)30 23125000",
    "a@example.org",
    "DE89 3704 0044 0532 0130 00",
    "password = \"",
    "://u:",
    "@h",
    "-----BEGIN PRIVATE KEY-----",
    "-----END",
    "eyJ",
    "sk-",
    "::ffff:",
    "Authorization: Basic ",
    "P<UTO",
    "<<",
    "[EMAIL_1]",
    "é",
    "電話",
    "\u{a0}",
    "\u{2011}",
    "\\n",
    "%3D",
    "0",
    "7",
    "a",
    "Z",
    " ",
    "\n",
    ".",
    "-",
    "(",
    "\"",
    "tel ",
    "user identified by '",
    "密码：「",
    "Private-Lines: 3\n",
    "bearer ",
    " -u x:",
    "datadog=",
    "AccountKey=",
    "8Q~",
    "::",
    "born ",
    "00",
    "+",
    "😀",
    "\u{0}",
];

#[test]
fn no_text_makes_it_panic() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..3_000 {
        let mut text: String = (0..random.next(12)).map(|_| PARTS[random.next(PARTS.len())]).collect();
        check(&text);
        // Cut or change it somewhere.
        let at = floor(&text, random.next(text.len() + 1));
        text.insert_str(at, PARTS[random.next(PARTS.len())]);
        check(&text);
        let bytes: Vec<u8> = (0..random.next(40)).map(|_| u8::try_from(random.next(256)).unwrap()).collect();
        check(&String::from_utf8_lossy(&bytes));
        let at = floor(&text, random.next(text.len() + 1));
        check(&text[at..]);
    }
}

#[test]
fn prose_code_and_logs_are_left_alone() {
    let texts = [
        "In 2023, 1,234 people (12.5 %) answered within 30 days; the median was 4.2 and the maximum 10 000 000.",
        "Am 12.03.2024 um 14:30 Uhr kostete das Gerät 1.234,56 EUR (Art.-Nr. 4711-0815, Charge 20240312-7).",
        "Le 14/07/2024, 35 000 personnes ont payé 12,50 EUR ; la facture FA-2024-000123 suit.",
        "2024年5月6日、参加者は1,234人、料金は3,000円、第12章3.4節を参照。",
        "订单号20240506123456，共12件，合计￥1,234.50，版本3.2.1.4。",
        "Order 112-3456789-1234567 shipped via 1Z999AA10123456784, invoice INV-2024-00042, SKU 8412-77-X.",
        "commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "uuid 550e8400-e29b-41d4-a716-446655440000, ulid 01ARZ3NDEKTSV4RRFFQ69G5FAV, object 507f1f77bcf86cd799439011",
        "2024-05-06T12:30:45.123456Z INFO [main-7] request_id=7f3c9a12 status=200 took=0.123s 1048576 10.0.0.12:54321",
        "ISBN 978-3-16-148410-0, ISSN 2049-3630, DOI 10.1000/182, RFC 2822, ISO 13616-1:2020, EAN 4006381333931.",
        "let token_count = 4096; // max_tokens, see Config::default().token_limit (v2.5.1)",
        "const password = await prompt('Password:'); if (!password) throw new Error('password is required');",
        "api_key = os.environ[\"OPENAI_API_KEY\"]; secret = settings.SECRET_KEY; auth = (user, get_password(user))",
        "| 2019 | 2020 | 2021 |\n|---|---|---|\n| 1024 2048 4096 | 0.001 | 65535 |",
        "[1]: https://example.org/a-b_c?id=12345&x=1.2.3#L10-L20",
        "pi = 3.14159265358979323846, e = 2.718281828459045, G = 6.67430e-11, N = 6.02214076e23, hex 0xDEADBEEF",
        "Latitude 52.520008, longitude 13.404954; +4031-07400; grid 33UUU 123 456; temperatures -12, 0, +7.",
        "sk-learn and risk-averse task-force members wrote the pre-hf_release notes of AC/DC, SKU and SG.",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgl",
    ];
    for text in texts {
        assert_eq!(scan(text).into_iter().map(|found| (found.rule, &text[found.bytes])).collect::<Vec<_>>(), []);
    }
}

/// Texts that are bad for one search or another, to be repeated.
const REPEATED: &[(&str, &str)] = &[
    (
        "prose",
        "The committee met on Tuesday to consider the report, which had been sent out a week before. Nobody spoke. ",
    ),
    (
        "log",
        "2024-05-06 12:30:45 INFO user=42 GET /items/1234?page=2 200 0.123s 10.0.0.1 \"Mozilla/5.0\" id=8f14e45f\n",
    ),
    ("digits", "7"),
    ("digits and blanks", "7 "),
    ("digits and dots", "1."),
    ("telephone", "415 555 "),
    ("card", "4242 "),
    ("person number", "12-34-56-78-90-"),
    ("abroad", "0049 "),
    ("plus", "+49 "),
    ("bracket", "("),
    ("call", "tel 1234567 "),
    ("born", "born 1985-03-1 "),
    ("at", "@"),
    ("a@", "a@"),
    ("%40", "%40"),
    ("a.b@", "a.b@c."),
    ("capitals", "A"),
    ("colons", "a:"),
    ("<<", "<<"),
    ("sk-", "sk-"),
    ("sk-ant-", "sk-ant-api03-"),
    ("eyJ", "eyJ"),
    ("-eyJ", "-eyJ"),
    ("JWT", "eyJhbGciOiJIUzI1NiJ9."),
    ("glpat-", "glpat-"),
    ("ya29.", "ya29.-"),
    ("AA", "123456789:AA"),
    ("sv", "?sv=2024-01-01&"),
    ("datadog", "datadog"),
    ("BEGIN", "-----BEGIN PRIVATE KEY-----"),
    ("password=", "password="),
    ("secret:", "secret: \"a"),
    ("URL", "a://b:c@"),
    ("bearer", "bearer a1"),
    ("placeholder", "[EMAIL_1]"),
];

/// By hand: `cargo test --release speed -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures for who asked for them")]
fn speed() {
    scan("");
    for (name, text) in REPEATED {
        let text = text.repeat(1_000_000 / text.len());
        let start = std::time::Instant::now();
        let found = scan(&text);
        let scanned = start.elapsed().as_secs_f64();
        let start = std::time::Instant::now();
        Vault::default().mask(&text, &found);
        let masked = start.elapsed().as_secs_f64();
        let rate = text.len() as f64 / 1e6 / scanned;
        println!(
            "{name:20} {rate:8.1} MB/s {:8.1} ms, {} found, masked in {:8.1} ms",
            scanned * 1e3,
            found.len(),
            masked * 1e3
        );
    }
}
